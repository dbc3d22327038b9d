"""Two people at once: one wins, the other is told so, and nothing happens twice."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import pytest

from executions import commands
from executions.engine import deadlines
from executions.errors import Conflict, Stale
from tests.concurrency.races import FEWER, ROUNDS, bury, contenders
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
def people(cast):
    return [cast.actor("admin"), cast.actor("reviewer2")]


def _one_wins(outcomes: list, loser: type[Exception]) -> int:
    """Return which contender won; exactly one did, and the other was refused as it should."""
    won = [not isinstance(outcome, Exception) for outcome in outcomes]
    assert sum(won) == 1, outcomes
    assert type(outcomes[won.index(False)]) is loser, outcomes
    return won.index(True)


def test_p8_of_two_resumes_one_wins_and_the_other_gets_a_conflict(cast, people):
    wins = [0, 0]
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast)
            commands.pause(people[0], run.pk, reason="x")
            outcomes = race(*(lambda actor=actor: commands.resume(actor, run.pk) for actor in people))
            wins[_one_wins(outcomes, Conflict)] += 1
            kinds = story.kinds(run)
            assert (kinds.count("execution.resumed"), kinds.count("hold.released")) == (1, 1)
            assert story.fresh(run).state == "queued"
            bury(run, people[0])
    assert min(wins) > 0, wins


def test_invariant_8_of_two_releases_of_one_hold_one_wins(cast, people):
    wins = [0, 0]
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            hold = commands.pause(people[0], run.pk, reason="x")
            outcomes = race(*(lambda actor=actor: commands.release(actor, hold.pk, reason="go") for actor in people))
            wins[_one_wins(outcomes, Conflict)] += 1
            assert (story.kinds(run).count("hold.released"), story.fresh(run).open_holds) == (1, 0)
            bury(run, people[0])
    assert min(wins) > 0, wins


def test_invariant_8_of_two_answers_one_wins_and_is_kept(cast, people):
    wins = [0, 0]
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.work(story.launch(cast, "asking"))
            question = run.suspensions.get()
            said = ["yes", "no"]
            outcomes = race(
                *(
                    lambda actor=actor, word=word: commands.answer(
                        actor, question.pk, data={"decision": word}, context_digest=question.context_digest
                    )
                    for actor, word in zip(people, said, strict=True)
                )
            )
            winner = _one_wins(outcomes, Conflict)
            wins[winner] += 1
            question.refresh_from_db()
            assert (question.answer["decision"], question.answered_by) == (said[winner], people[winner].id)
            assert story.fresh(run).open_suspensions == 0
            bury(run, people[0])
    assert min(wins) > 0, wins


def test_of_two_replacements_of_the_version_both_saw_one_wins(cast, people):
    wins = [0, 0]
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast, "filing", files=[("a.txt", b"one")])
            commands.pause(people[0], run.pk, reason="x")
            outcomes = race(
                *(
                    lambda actor=actor: commands.replace_file(
                        actor, run.pk, "a.txt", actor.name.encode(), reason="x", version=1
                    )
                    for actor in people
                )
            )
            winner = _one_wins(outcomes, Stale)
            wins[winner] += 1
            stored = list(run.files.order_by("version").values_list("version", "uploaded_by_name"))
            assert stored == [(1, "operator"), (2, people[winner].name)]
            bury(run, people[0])
    assert min(wins) > 0, wins


def test_two_replacements_that_name_no_version_are_both_kept_in_order(cast, people):
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast, "filing", files=[("a.txt", b"one")])
            commands.pause(people[0], run.pk, reason="x")
            stored = race(
                *(
                    lambda actor=actor: commands.replace_file(actor, run.pk, "a.txt", b"new", reason="x")
                    for actor in people
                )
            )
            assert sorted(file.version for file in stored) == [2, 3]
            bury(run, people[0])


def test_of_two_amends_of_the_version_both_saw_one_wins(cast, people):
    wins = [0, 0]
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            commands.pause(people[0], run.pk, reason="x")
            version = story.fresh(run).version
            outcomes = race(
                *(
                    lambda actor=actor: commands.amend_payload(
                        actor, run.pk, changes={"by": actor.name}, reason="x", version=version
                    )
                    for actor in people
                )
            )
            winner = _one_wins(outcomes, Stale)
            wins[winner] += 1
            assert story.fresh(run).payload == {"by": people[winner].name}
            bury(run, people[0])
    assert min(wins) > 0, wins


def test_of_two_retries_one_wins(cast, people):
    wins = [0, 0]
    people = [cast.actor("admin"), cast.actor("operator")]
    ways = [{}, {"from_step": "trouble", "again": True}]
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.work(story.launch(cast, "failing"))
            outcomes = race(
                *(
                    lambda actor=actor, way=way: commands.retry(actor, run.pk, reason="x", **way)
                    for actor, way in zip(people, ways, strict=True)
                )
            )
            assert story.fresh(run).passes == ([] if not isinstance(outcomes[0], Exception) else [0])
            wins[_one_wins(outcomes, Conflict)] += 1
            assert story.kinds(run).count("execution.retried") == 1
            bury(run, people[0])
    assert min(wins) > 0, wins


def test_a_pause_against_a_cancel_ends_in_cancelled_whoever_is_first(cast):
    admin = cast.actor("admin")
    refused = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            paused, cancelled = race(
                lambda: commands.pause(admin, run.pk, reason="x"), lambda: commands.cancel(admin, run.pk, reason="x")
            )
            assert not isinstance(cancelled, Exception), cancelled
            if isinstance(paused, Exception):
                assert type(paused) is Conflict
                refused += 1
            assert story.fresh(run).state == "cancelled"
            bury(run, admin)
    assert 0 < refused < FEWER


def test_s6_of_an_answer_and_the_deadline_one_wins(cast, people):
    ends = {"answered": 0, "expired": 0}
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.work(story.launch(cast, "approving", {"deadline": 3600}))
            question = run.suspensions.get()
            given = {"data": {"decision": "approve"}, "context_digest": question.context_digest}
            outcomes = race(
                lambda: commands.answer(people[0], question.pk, **given),
                lambda: deadlines.expire(str(question.pk), str(run.pk), question.deadline),
            )
            question.refresh_from_db()
            ends[question.outcome] += 1
            assert isinstance(outcomes[0], Conflict) is (question.outcome == "expired")
            kinds = story.kinds(run)
            assert kinds.count("suspension.answered") + kinds.count("suspension.expired") == 1
            assert (story.fresh(run).state, story.fresh(run).open_suspensions) == ("queued", 0)
            bury(run, people[0])
    assert min(ends.values()) > 0, ends
