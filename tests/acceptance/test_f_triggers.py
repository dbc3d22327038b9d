"""Resume conditions seen from outside: nothing that saw a run pause is alive when it goes on."""

import pytest

from executions import commands
from executions.commands.condition import resume_token
from executions.engine import wakeups
from executions.engine.sweeper import messages_waiting
from executions.errors import Conflict
from tests.domain.story import let_pass
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    finished_steps,
    fresh,
    kinds,
    launch,
    nothing_waits,
    story,
    wait_for,
    wait_for_effect,
    wait_for_sweep,
    wait_until,
)
from tests.pace import LONG, go_on

HOW = {"trigger", "data", "additional_context", "by", "note"}


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def pause(actor, run, *conditions):
    return commands.pause(actor, run.pk, reason="wait", resume_when=list(conditions))


def test_f2_f3_f5_a_time_resumes_a_run_though_every_process_that_saw_the_pause_is_dead(cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    hold = pause(operator, run, {"after_seconds": 3600})
    go_on(run)
    wait_for(run, "paused")
    worker.kill9()
    let_pass(run, 3600)
    assert fresh(run).state == "paused"
    workers(1, **QUICK)
    wait_for(run, "succeeded")
    assert finished_steps(run) == ["first", "second", "third"]
    assert effects_of(run.pk).count("start first") == 1
    (fired, released) = (event for event in story_of(run) if event.kind in ("trigger.fired", "hold.released"))
    assert released.at >= hold.conditions.get().due_at
    assert (fired.actor_id, fired.via) == ("policy:timer", "engine")


def story_of(run):
    from executions.models import Event

    return Event.objects.filter(ledger=run.pk).order_by("seq")


def test_f2_f4_a_webhook_resumes_it_and_the_next_step_reads_trigger_data_and_context(cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "slow-then-tells", {"seconds": LONG})
    wait_for_effect(run, "start first")
    token = resume_token(pause(operator, run, {"webhook": True}))
    go_on(run)
    wait_for(run, "paused")
    worker.restart()
    commands.fire_webhook(token, data={"total": 5}, additional_context={"ticket": "T-1"}, note="called back")
    told = wait_for(run, "succeeded").payload["resumed"]
    assert told == {
        "trigger": "webhook",
        "data": {"total": 5},
        "additional_context": {"ticket": "T-1"},
        "by": "webhook of operator",
        "note": "called back",
    }
    with pytest.raises(Conflict, match="fired already"):
        commands.fire_webhook(token)
    assert kinds(run)[-1] == "trigger.late"


@pytest.mark.parametrize("way", ["resume", "webhook"])
def test_f4_a_step_reads_how_the_run_was_resumed_during_the_step_before(way, cast, operator, worker):
    run = launch(cast, "slow-then-tells", {"seconds": LONG})
    wait_for_effect(run, "start first")
    token = resume_token(pause(operator, run, {"webhook": True}))
    assert fresh(run).state == "pausing"
    context = {"checked": "by hand"}
    if way == "webhook":
        commands.fire_webhook(token, additional_context=context)
    else:
        commands.resume(operator, run.pk, additional_context=context)
    go_on(run)
    told = wait_for(run, "succeeded").payload["resumed"]
    assert set(told) == HOW
    assert (told["trigger"], told["additional_context"]) == ("manual" if way == "resume" else way, context)


def test_f5_an_event_that_matches_resumes_exactly_once_and_others_do_not(cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "counting", {"items": 3, "seconds": LONG})
    wait_for_effect(run, "item 0")
    name = f"shipped.{run.pk}"
    pause(operator, run, {"event": name, "match": {"order": {"id": 7}}})
    go_on(run)
    wait_for(run, "paused")
    worker.kill9()
    commands.emit(operator, name, {"order": {"id": 8}})
    (worker,) = workers(1, **QUICK)
    wait_for_sweep(worker)
    assert fresh(run).state == "paused"
    sent = [commands.emit(operator, name, {"order": {"id": 7, "lines": 3}}).woken for _ in range(2)]
    assert sent == [1, 0]
    wait_for(run, "succeeded")
    assert kinds(run).count("execution.resumed") == 1
    assert effects_of(run.pk) == ["item 0", "item 1", "item 2", "reported"]


def test_f5_a_stale_timer_and_a_stale_webhook_never_touch_a_later_hold(cast, operator, workers):
    run = launch(cast, "noop")
    first = pause(operator, run, {"after_seconds": 60}, {"webhook": True})
    token = resume_token(first)
    commands.resume(operator, run.pk)
    later = commands.pause(operator, run.pk, reason="later")
    let_pass(run, 60)
    (worker,) = workers(1, **QUICK)
    wait_for_sweep(worker)
    with pytest.raises(Conflict, match="released this hold already"):
        commands.fire_webhook(token)
    later.refresh_from_db()
    assert later.is_open
    assert fresh(run).state == "paused", story(run)
    assert {trigger.outcome for trigger in first.conditions.all()} == {"overtaken"}


def test_p4_a_run_that_waits_costs_no_process_timer_or_message_and_wakes_all_the_same(cast, operator, workers, valkey):
    nothing_waits()
    (worker,) = workers(1, **QUICK)
    sleeping = launch(cast, "sleeps", {"seconds": 600})
    waiting = launch(cast, "waits-for-one", {"number": 1})
    paused = launch(cast, "noop")
    pause(operator, paused, {"after_seconds": 3600})
    for run in (sleeping, waiting):
        wait_for(run, "suspended")
        assert fresh(run).lease_until is None
    worker.stop()
    valkey.flush()
    wait_until(lambda: messages_waiting() == 0, "no message waits")
    assert [fresh(run).owner for run in (sleeping, waiting, paused)] == [None] * 3
    commands.emit(operator, f"one.{waiting.pk}", {"n": 1})
    assert fresh(waiting).state == "queued"
    for run in (sleeping, paused):
        let_pass(run, 3600)
    workers(1, **QUICK)
    for run in (sleeping, waiting, paused):
        wait_for(run, "succeeded")
    assert effects_of(sleeping.pk) == ["before sleep", "after sleep"]
    assert fresh(waiting).payload["heard"] == 1


def test_s1_a_wake_up_survives_the_death_of_the_process_that_owed_it(cast, operator, workers, monkeypatch):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "waits-for-one", {"number": 1})
    wait_for(run, "suspended")
    worker.stop()
    monkeypatch.setattr(wakeups, "wake", lambda emission_id: None)  # the event is committed, and the process dies
    commands.emit(operator, f"one.{run.pk}", {"n": 1})
    assert fresh(run).state == "suspended"
    workers(1, **QUICK)
    assert wait_for(run, "succeeded").payload["heard"] == 1


def test_an_event_sent_before_the_code_comes_to_wait_is_heard(cast, operator, workers):
    run = launch(cast, "waits-for-one", {"number": 2})
    for number in (1, 2):
        commands.emit(operator, f"one.{run.pk}", {"n": number})
    workers(1, **QUICK)
    assert wait_for(run, "succeeded").payload["heard"] == 2
