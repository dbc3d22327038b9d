"""Impossible facts cannot be stored, whoever writes them: constraints and triggers, against raw SQL."""

# ruff: noqa: PT012  (the refusal comes at commit or after a few statements)

import pytest
from django.db import Error, transaction

from executions import commands
from tests.domain import story

pytestmark = pytest.mark.usefixtures("db")

NOW = "clock_timestamp()"


def refused(sql: str, parameters=(), match: str | None = None) -> None:
    """Check that PostgreSQL refuses a statement."""
    with pytest.raises(Error, match=match), transaction.atomic():
        story.execute(sql, parameters)
        story.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def run(cast):
    return story.launch(cast)


@pytest.mark.parametrize(
    "facts",
    [
        "outcome = 'succeeded'",  # without a finish time
        f"finished_at = {NOW}",  # without an outcome
        f"outcome = 'done', finished_at = {NOW}",  # no such outcome
        f"outcome = 'cancelled', finished_at = {NOW}",  # nobody asked for it
        f"outcome = 'succeeded', finished_at = {NOW}, ahead = '{{}}', cancel_requested_at = {NOW}",  # cancel came first
        f"outcome = 'failed', finished_at = {NOW}, cancel_requested_at = {NOW}",
        f"outcome = 'succeeded', finished_at = {NOW}",  # with steps still ahead
        f"outcome = 'failed', finished_at = {NOW}, lease_until = {NOW}, owner = 'w'",  # a lease on a finished run
        f"lease_until = {NOW}",  # a lease of nobody
        "owner = 'w'",  # an owner without a lease
        "priority = 10",
        "priority = -1",
        "steps_done = -1",
        "attempt = -1",
    ],
)
def test_impossible_facts_of_a_run_are_refused(run, facts):
    refused(f"UPDATE executions_execution SET {facts} WHERE id = %s", [run.pk])


@pytest.mark.parametrize(
    "lie",
    ["open_holds = 0", "open_holds = 5", "breakpoints = '{}'", "breakpoints = '{step_1}'", "open_suspensions = 1"],
)
def test_counters_can_not_lie(cast, run, lie):
    commands.pause(cast.actor("operator"), run.pk, reason="a hold")
    commands.pause(cast.actor("operator"), run.pk, reason="a breakpoint", before_step="step_2")
    refused(f"UPDATE executions_execution SET {lie} WHERE id = %s", [run.pk], match="counter")


@pytest.mark.parametrize("lie", ["open_holds", "open_suspensions"])
def test_a_run_can_not_be_born_with_a_count(lie):
    refused(
        f"INSERT INTO executions_execution (id, workflow, launched_by, launched_by_name, {lie})"
        " VALUES (gen_random_uuid(), 'noop', 'x', 'x', 1)"
    )


def test_counters_follow_their_rows(cast, run):
    operator = cast.actor("operator")
    holds = [commands.pause(operator, run.pk, reason="1"), commands.pause(operator, run.pk, reason="2")]
    points = [commands.pause(operator, run.pk, reason="b", before_step="step_1") for _ in range(2)]
    assert (story.fresh(run).open_holds, story.fresh(run).breakpoints) == (2, ["step_1", "step_1"])
    commands.release(operator, points[0].pk, reason="one")
    assert story.fresh(run).breakpoints == ["step_1"]
    commands.release(operator, holds[1].pk, reason="one")
    assert (story.fresh(run).open_holds, story.fresh(run).state) == (1, "paused")
    commands.release(operator, points[1].pk, reason="other")
    commands.release(operator, holds[0].pk, reason="other")
    now = story.fresh(run)
    assert (now.open_holds, now.breakpoints, now.state) == (0, [], "queued")


@pytest.mark.parametrize(
    "change",
    [
        "released_at = now()",  # released by nobody
        "released_by = 'user:1'",  # released at no time
        "reason = ''",
        "kind = 'friendly'",
        "kind = 'compliance'",  # what a hold is never changes
        "reason = 'another'",
        "blocks_cancel = true",
        "before_step = 'step_1'",
        "placed_by = 'user:9'",
        "placed_at = now() - interval '1 day'",
        "execution_id = gen_random_uuid()",
    ],
)
def test_what_a_hold_says_never_changes(cast, run, change):
    hold = commands.pause(cast.actor("operator"), run.pk, reason="as it was")
    refused(f"UPDATE executions_hold SET {change} WHERE id = %s", [hold.pk])


@pytest.mark.parametrize("change", ["released_at = NULL, released_by = NULL", "release_reason = 'nicer'"])
def test_invariant_8_a_released_hold_is_never_opened_or_changed(cast, run, change):
    hold = commands.pause(cast.actor("operator"), run.pk, reason="x")
    commands.release(cast.actor("operator"), hold.pk, reason="done")
    refused(f"UPDATE executions_hold SET {change} WHERE id = %s", [hold.pk], match="released already")


@pytest.fixture
def question(cast):
    run = story.work(story.launch(cast, "asking"))
    return run.suspensions.get()


@pytest.mark.parametrize(
    "change",
    [
        "closed_at = now()",  # closed without an outcome
        "outcome = 'answered'",  # an outcome of an open one
        "closed_at = now(), outcome = 'lost'",
        "closed_at = now(), outcome = 'answered', answered_by = 'user:1', answer = NULL",
        "closed_at = now(), outcome = 'answered', answer = '{}', answered_by = NULL",
        "kind = 'riddle'",
        "urgency = 'yesterday'",
        "title = 'Another question'",
        "context = '{}'",
        "key = 'other'",
        "execution_id = gen_random_uuid()",
    ],
)
def test_what_a_question_asks_never_changes(question, change):
    refused(f"UPDATE executions_suspension SET {change} WHERE id = %s", [question.pk])


def test_invariant_8_a_closed_question_is_never_changed(cast, question):
    commands.answer(
        cast.actor("reviewer"), question.pk, data={"decision": "yes"}, context_digest=question.context_digest
    )
    for change in ('answer = \'{"decision": "no"}\'', "closed_at = NULL, outcome = NULL", "answered_by = 'user:9'"):
        refused(f"UPDATE executions_suspension SET {change} WHERE id = %s", [question.pk], match="closed")


def test_two_questions_of_one_key_in_one_step_are_refused(question):
    refused(
        "INSERT INTO executions_suspension (id, execution_id, position, step, key, title, replaces, context,"
        " context_digest) SELECT gen_random_uuid(), execution_id, position, step, key, title, '{}', '{}', ''"
        " FROM executions_suspension WHERE id = %s",
        [question.pk],
        match="suspension_key_unique",
    )


def _succeeded(cast):
    return story.work(story.launch(cast))


def _cancelled(cast):
    run = story.launch(cast)
    return commands.cancel(cast.actor("operator"), run.pk, reason="no more")


@pytest.mark.parametrize("end", [_succeeded, _cancelled])
@pytest.mark.parametrize(
    "change",
    [
        "outcome = NULL, finished_at = NULL",
        "outcome = 'failed'",
        "payload = '{}'",
        "title = 'other'",
        "ahead = '{again}'",
        "version = version + 1",
    ],
)
def test_invariant_5_a_terminal_state_never_changes(cast, end, change):
    refused(f"UPDATE executions_execution SET {change} WHERE id = %s", [end(cast).pk], match="can never change")


def test_invariant_5_no_hold_or_question_can_be_added_to_a_terminal_run(cast):
    run = _succeeded(cast)
    refused(
        "INSERT INTO executions_hold (id, execution_id, kind, reason, placed_by, placed_by_name, placed_via)"
        " VALUES (gen_random_uuid(), %s, 'operator', 'late', 'u', 'u', 'api')",
        [run.pk],
        match="can never change",
    )


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'succeeded'",
        "outcome = 'cancelled', cancel_requested_at = now()",
        "outcome = NULL, finished_at = NULL, lease_until = now(), owner = 'w'",
    ],
)
def test_invariant_5_a_failed_run_goes_on_by_retry_alone(cast, change):
    run = story.work(story.launch(cast, "failing"))
    assert run.state == "failed"
    refused(f"UPDATE executions_execution SET {change} WHERE id = %s", [run.pk])


@pytest.fixture
def everything(cast):
    """A run with a line in every table."""
    run = story.work(story.launch(cast, "asking"))
    hold = commands.pause(cast.actor("operator"), run.pk, reason="x")
    commands.annotate(cast.actor("operator"), hold.pk, text="a note")
    files = story.launch(cast, "filing", files=[("a.txt", b"a")])
    return [run.pk, files.pk]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("holdnote", "text = 'nicer'"),
        ("runfile", "content = 'x'"),
        ("runfile", "name = 'x'"),
        ("event", "reason = 'nicer'"),
        ("event", "seq = seq + 1"),
        ("event", "data = '{}'"),
    ],
)
def test_notes_files_and_events_are_append_only(everything, table, change):
    refused(f"UPDATE executions_{table} SET {change}")


@pytest.mark.parametrize("table", ["execution", "hold", "holdnote", "suspension", "runfile", "event", "ledger"])
def test_nothing_can_be_deleted(everything, table):
    refused(f"DELETE FROM executions_{table}")


@pytest.mark.parametrize("table", ["execution", "hold", "holdnote", "suspension", "runfile", "event", "ledger"])
def test_nothing_can_be_truncated(everything, table):
    # Foreign keys alone would stop most of these, and so would deferred triggers: ask for the triggers themselves.
    story.execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused(f"TRUNCATE executions_{table} CASCADE", match="append-only|Cannot truncate")


def test_a_ledgers_head_moves_one_by_one_only(everything):
    refused("UPDATE executions_ledger SET seq = seq - 1", match="append-only")
    refused("UPDATE executions_ledger SET seq = seq + 2", match="append-only")


def test_what_an_inserted_event_claims_of_its_place_is_overruled(everything):
    run = everything[0]
    before = len(story.events(run))
    story.execute(
        "INSERT INTO executions_event (ledger, seq, at, prev, digest, salt, kind, actor_id, actor_name, actor_role,"
        " via, reason, data) VALUES (%s, 99, '2001-01-01', 'x', 'y', 'z', 'k.d', 'a', 'a', 'a', 'api', '', '{}')",
        [run],
    )
    last = story.events(run)[-1]
    assert (last.seq, last.at.year > 2020) == (before + 1, True)
    assert story.bad_line(run) is None


def test_file_versions_start_at_one_and_are_unique(everything):
    insert = (
        "INSERT INTO executions_runfile (execution_id, name, version, sha256, size, content, uploaded_by,"
        " uploaded_by_name) VALUES (%s, 'a.txt', {}, '', 1, 'x', 'u', 'u')"
    )
    refused(insert.format(0), [everything[1]], match="file_version_positive")
    refused(insert.format(1), [everything[1]], match="file_version_unique")


@pytest.mark.parametrize(("table", "text"), [("hold", "reason"), ("holdnote", "text")])
@pytest.mark.parametrize("blank", ["", "  \n"])
def test_blank_reasons_and_notes_are_unstorable(cast, run, table, text, blank):
    hold = commands.pause(cast.actor("operator"), run.pk, reason="x")
    if table == "hold":
        refused(
            "INSERT INTO executions_hold (id, execution_id, kind, reason, placed_by, placed_by_name, placed_via)"
            " VALUES (gen_random_uuid(), %s, 'operator', %s, 'u', 'u', 'api')", [run.pk, blank],
        )  # fmt: skip
    else:
        refused("INSERT INTO executions_holdnote (hold_id, text, author, author_name, via)"
                " VALUES (%s, %s, 'u', 'u', 'api')", [hold.pk, blank])  # fmt: skip
