"""H9: `holdpoint execution list | pause | resume | cancel | status`, and what stands beside them."""

import itertools
import json
import re

from executions import commands
from executions.models import Execution
from tests.client.conftest import PATIENCE, word
from tests.effects import effects_of
from tests.engine.watching import events, fresh, wait_for, wait_for_effect

UUID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


def test_h9_list_shows_runs_newest_first_and_only_those_asked_for(operator, run):
    title = word()
    first, second = run(title=title), run(title=title)
    said = operator("execution", "list", "--search", title)
    assert said.code == 0
    lines = [line for line in said.out.splitlines() if title in line]
    assert [str(second.pk) in lines[0], str(first.pk) in lines[1]] == [True, True]
    assert "queued" in lines[0]
    operator("execution", "pause", first.pk, "--reason", "Totals differ")
    paused = operator("execution", "list", "--search", title, "--state", "paused", "--json").document
    assert [item["id"] for item in paused["items"]] == [str(first.pk)]
    assert paused["items"][0]["holds"][0]["reason"] == "Totals differ"


def test_h9_list_goes_through_pages_and_says_where_the_next_begins(operator, run):
    title = word()
    ids = [str(run(title=title).pk) for _ in range(3)]
    two = operator("execution", "list", "--search", title, "--limit", "2", "--json").document
    assert [item["id"] for item in two["items"]] == ids[:0:-1]
    rest = operator("execution", "list", "--search", title, "--cursor", two["next"], "--json").document
    assert [item["id"] for item in rest["items"]] == ids[:1]
    assert rest["next"] is None
    assert two["next"] in operator("execution", "list", "--search", title, "--limit", "2").err


def test_h9_pause_places_a_hold_with_the_reason_and_history_says_via_cli(operator, run):
    execution = run()
    said = operator("execution", "pause", execution.pk, "--reason", "Totals differ", "--ticket", "T-1")
    assert said.code == 0
    assert "paused" in said.out
    assert "resume" in said.out
    hold = execution.holds.get()
    assert (hold.reason, hold.ticket, hold.placed_via) == ("Totals differ", "T-1", "cli")
    assert fresh(execution).state == "paused"
    (placed,) = events(execution, "hold.placed")
    assert (placed.via, placed.reason, placed.actor_name) == ("cli", "Totals differ", "operator (terminal)")


def test_h9_resume_lets_the_run_go_on_from_where_it_was(operator, run, worker, cast):
    execution = run("counting", {"items": 10_000, "seconds": 0.05})
    wait_for_effect(execution, "item 1")
    said = operator("execution", "pause", execution.pk, "-r", "look at item 2")
    assert said.code == 0
    wait_for(execution, "paused")
    status = operator("execution", "status", execution.pk)
    assert "look at item 2" in status.out
    done = effects_of(execution.pk)
    enough = {"items": len(done) + 2}
    commands.amend_payload(cast.actor("reviewer"), execution.pk, changes=enough, reason="these are enough")
    resumed = operator("execution", "resume", execution.pk, "--note", "it is fine", "--json")
    assert resumed.document["state"] in ("queued", "processing", "succeeded")
    wait_for(execution, "succeeded")
    assert effects_of(execution.pk) == [*(f"item {number}" for number in range(len(done) + 2)), "reported"]
    (event,) = events(execution, "execution.resumed")
    assert (event.reason, event.via) == ("it is fine", "cli")


def test_h9_cancel_ends_a_run_for_ever(operator, run):
    execution = run()
    said = operator("execution", "cancel", execution.pk, "--reason", "sent twice")
    assert (said.code, fresh(execution).state) == (0, "cancelled")
    again = operator("execution", "resume", execution.pk)
    assert again.code == 3
    assert "cancelled" in again.err


def test_h9_status_says_how_a_run_stands_and_what_may_be_done(operator, run):
    execution = run(title="November", labels={"period": "Q4"})
    operator("execution", "pause", execution.pk, "--reason", "Totals differ")
    said = operator("execution", "status", execution.pk)
    assert said.code == 0
    for words in ("paused", "November", str(execution.pk), "period:Q4", "Totals differ", "step_0", "0 of 3 done"):
        assert words in said.out
    assert "you may" in said.out
    document = operator("execution", "status", execution.pk, "--json").document
    assert (document["id"], document["state"]) == (str(execution.pk), "paused")
    assert {"resume", "cancel"} <= set(document["allowed"])


def test_h9_status_watched_follows_a_run_to_its_end(operator, run, cast, worker):
    execution, actor = run("counting", {"items": 30, "seconds": 0.05}), cast.actor("operator")
    commands.pause(actor, execution.pk, reason="look")
    wait_for(execution, "paused")
    process = operator.start("execution", "status", str(execution.pk), "--watch", "--interval", "0.2", "--json")
    first = process.stdout.readline()
    commands.resume(actor, execution.pk)
    rest, _ = process.communicate(timeout=PATIENCE)
    seen = [json.loads(line) for line in (first, *rest.splitlines())]
    assert (seen[0]["state"], seen[-1]["state"], process.returncode) == ("paused", "succeeded", 0)
    assert all(one != other for one, other in itertools.pairwise(seen))


def test_launch_sends_payload_title_and_labels(operator, tmp_path):
    (tmp_path / "input.json").write_text('{"items": 2, "seconds": 0}')
    options = ["--payload", "@input.json", "--title", "By hand", "--label", "period=Q4", "--json"]
    said = operator("execution", "launch", "counting", *options)
    assert said.code == 0
    launched = said.document
    assert (launched["title"], launched["labels"], launched["payload"]["items"]) == ("By hand", {"period": "Q4"}, 2)
    (event,) = events(fresh(launched["id"]), "execution.launched")
    assert event.via == "cli"


def test_launch_sends_files(operator, tmp_path):
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(f"this is {name}")
    said = operator("execution", "launch", "filing", "--file", "one.txt", "--file", "two.txt")
    assert said.code == 0
    (execution,) = Execution.objects.filter(pk__in=re.findall(UUID, said.out))
    assert {file.name for file in execution.files.all()} == {"one.txt", "two.txt"}
    missing = operator("execution", "launch", "filing", "--file", "three.txt")
    assert (missing.code, "three.txt: No such file" in missing.err) == (2, True)


def test_a_wrong_payload_is_named_by_its_field(operator):
    said = operator("execution", "launch", "counting", "--payload", '{"items": -1, "seconds": 0}')
    assert said.code == 2
    assert "items" in said.err


def test_retry_takes_a_failed_run_up_again(terminal, run, worker):
    execution = run("failing", {"message": "no such supplier", "failures": 100})
    wait_for(execution, "failed")
    admin = terminal("admin")
    assert "no such supplier" in admin("execution", "status", execution.pk).out
    said = admin("execution", "retry", execution.pk, "--reason", "the supplier is known now")
    assert said.code == 0
    (event,) = events(execution, "execution.retried")
    assert (event.reason, event.via) == ("the supplier is known now", "cli")


def test_events_print_the_history_in_order(operator, run):
    execution = run()
    operator("execution", "pause", execution.pk, "--reason", "Totals differ")
    said = operator("execution", "events", execution.pk)
    assert said.out.index("execution.launched") < said.out.index("hold.placed")
    assert "via cli" in said.out
    later = operator("execution", "events", execution.pk, "--after", "1", "--json").documents
    assert [event["kind"] for event in later] == ["hold.placed"]
