"""On whose authority a bulk job goes on: what somebody may no longer do, no worker does for him."""

import pytest
from django.contrib.auth.models import User

from executions import commands
from executions.engine import bulk
from executions.queries.selection import Selection
from tests.domain import story

pytestmark = pytest.mark.django_db


def begin(cast, who: str, command: str, made, **arguments):
    chosen = Selection(ids=tuple(run.pk for run in made))
    return commands.begin_bulk(cast.actor(who), command, selection=chosen, reason="x", arguments=arguments)


def test_waiting_for_a_run_that_is_stuck_keeps_no_right_alive(cast, monkeypatch):
    made = [story.launch(cast) for _ in range(2)]
    job = begin(cast, "operator", "pause", made)
    go_on, waited = bulk._next, []

    def stuck_once(job, actor, stuck):
        if waited:
            return go_on(job, actor, stuck)
        waited.append(job)
        first = job.items.order_by("position").values_list("pk", flat=True)[0]
        stuck.append(first)  # another transaction has its run; meanwhile the person is shut out
        User.objects.filter(pk=cast.operator.pk).update(is_active=False)
        return first

    monkeypatch.setattr(bulk, "_next", stuck_once)
    bulk.work()

    assert list(job.items.order_by("position").values_list("outcome", "code")) == [
        (None, ""),
        ("refused", "not-allowed"),
    ]
    assert story.fresh(made[1]).state == "queued"


def test_dual_control_holds_against_ones_own_job_and_against_a_token_of_ones_own(cast):
    from executions.actors import SYSTEM, Actor

    made = [story.launch(cast) for _ in range(2)]
    placing = begin(cast, "reviewer", "place", made, dual_control=True)
    bulk.work()
    token, _ = commands.create_token(SYSTEM, cast.reviewer, name="t")
    chosen = Selection(job=placing.pk)

    for actor in (cast.actor("reviewer"), Actor.of_token(token)):
        job = commands.begin_bulk(
            actor, "release", selection=chosen, reason="mine", arguments={"of_job": str(placing.pk)}
        )
        bulk.work()
        assert set(job.items.values_list("outcome", "code")) == {("refused", "not-allowed")}
    assert {story.fresh(run).state for run in made} == {"paused"}

    begin(cast, "reviewer2", "release", made, of_job=str(placing.pk))
    bulk.work()
    assert {story.fresh(run).state for run in made} == {"queued"}


@pytest.mark.parametrize("how", ["release", "resume"])
def test_an_operator_lifts_no_compliance_hold_in_bulk(how, cast):
    made = [story.launch(cast)]
    placing = begin(cast, "reviewer", "place", made)
    bulk.work()

    job = begin(cast, "operator", how, made, **({"of_job": str(placing.pk)} if how == "release" else {}))
    bulk.work()

    assert list(job.items.values_list("outcome", flat=True)) == ["refused"]
    assert story.fresh(made[0]).state == "paused"
