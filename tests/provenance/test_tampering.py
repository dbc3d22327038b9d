"""Whatever is done to the record behind the triggers' back, verify names the first bad line and what is wrong."""

import pytest
from django.db import ProgrammingError, connection, transaction

from executions.models import SYSTEM_LEDGER, Event, Ledger
from executions.provenance import verify as module
from executions.provenance.verify import verify
from tests.provenance.chains import found, lines, make_run, rewrite_digest, system_line, tamper

pytestmark = pytest.mark.django_db
OF = "WHERE ledger = %s AND seq = %s"


@pytest.fixture
def run():
    """A run of six lines between two others."""
    make_run()
    ledger = make_run()
    make_run()
    assert verify().whole
    return ledger


def test_an_untouched_record_is_whole(run):
    result = verify()
    assert (result.whole, result.ledgers, result.events) == (True, Ledger.objects.count(), Event.objects.count())
    one = verify(run)
    assert (one.whole, one.ledgers, one.events) == (True, 1, 6)


@pytest.mark.parametrize("field", ["kind", "actor_id", "actor_name", "actor_role", "via", "reason"])
def test_an_altered_field_is_named(run, field):
    tamper(f"UPDATE executions_event SET {field} = {field} || 'x' {OF}", run, 3)
    assert found(run) == (3, "altered")


@pytest.mark.parametrize("field", ["prev", "digest", "data_digest"])
def test_an_altered_digest_is_named(run, field):
    tamper(f"UPDATE executions_event SET {field} = sha256({field}) {OF}", run, 3)
    assert found(run) == (3, "altered")


def test_an_altered_time_is_named(run):
    tamper(f"UPDATE executions_event SET at = at - interval '1 microsecond' {OF}", run, 3)
    assert found(run) == (3, "altered")


def test_a_time_no_calendar_knows_is_named(run):
    tamper(f"UPDATE executions_event SET at = 'infinity' {OF}", run, 3)
    assert found(run) == (3, "altered")


@pytest.mark.parametrize("change", ["data = data || ' '", "salt = salt || salt"])
def test_altered_data_are_named(run, change):
    tamper(f"UPDATE executions_event SET {change} {OF}", run, 4)
    assert found(run) == (4, "data altered")


def test_altered_data_with_a_new_data_digest_are_named(run):
    tamper(
        "UPDATE executions_event SET data = '{}', data_digest = sha256(salt || convert_to('{}', 'UTF8')) " + OF, run, 4
    )
    assert found(run) == (4, "altered")


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_line_rewritten_with_its_own_digest_is_betrayed_by_the_next(run, seq):
    tamper(f"UPDATE executions_event SET reason = 'Nothing to see' {OF}", run, seq)
    rewrite_digest(run, seq)
    assert found(run) == (seq, "altered")


def test_the_last_line_rewritten_with_its_own_digest_is_betrayed_by_the_head(run):
    tamper(f"UPDATE executions_event SET reason = 'Nothing to see' {OF}", run, 6)
    rewrite_digest(run, 6)
    assert found(run) == (6, "head altered")


@pytest.mark.parametrize("seq", [1, 3])
def test_a_deleted_line_is_named(run, seq):
    tamper(f"DELETE FROM executions_event {OF}", run, seq)
    assert found(run) == (seq, "missing")


def test_a_deleted_line_is_named_though_the_others_were_renumbered(run):
    tamper(f"DELETE FROM executions_event {OF}", run, 3)
    for seq in (4, 5, 6):
        tamper(f"UPDATE executions_event SET seq = seq - 1 {OF}", run, seq)
    tamper("UPDATE executions_ledger SET seq = 5 WHERE id = %s", run)
    assert found(run) == (3, "missing")


def test_an_inserted_line_is_named(run):
    for seq in (6, 5, 4):
        tamper(f"UPDATE executions_event SET seq = seq + 1 {OF}", run, seq)
    copy = lines(run)[2]
    tamper(
        "INSERT INTO executions_event SELECT ledger, 4, at, salt, data_digest, %s, digest, kind, actor_id, actor_name,"
        f" actor_role, via, 'I was here', data FROM executions_event {OF}",
        copy.digest,
        run,
        3,
    )
    assert found(run) == (4, "inserted")
    rewrite_digest(run, 4)
    assert found(run) == (4, "inserted")


def test_a_line_added_beyond_the_head_is_named(run):
    last = lines(run)[-1]
    tamper(
        "INSERT INTO executions_event SELECT ledger, 7, at, salt, data_digest, %s, digest, kind, actor_id, actor_name,"
        f" actor_role, via, reason, data FROM executions_event {OF}",
        last.digest,
        run,
        6,
    )
    rewrite_digest(run, 7)
    assert found(run) == (7, "inserted")


def test_two_swapped_lines_are_named(run):
    for old, new in ((3, 99), (5, 3), (99, 5)):
        tamper(f"UPDATE executions_event SET seq = {new} {OF}", run, old)
    assert found(run) == (3, "swapped")
    assert "line 5" in str(verify(run).problems[0])


@pytest.mark.parametrize("kept", [0, 4])
def test_a_truncated_tail_is_named(run, kept):
    tamper("DELETE FROM executions_event WHERE ledger = %s AND seq > %s", run, kept)
    assert found(run) == (kept + 1, "cut off")
    assert "says there are 6 lines" in str(verify(run).problems[0])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("digest = sha256(digest)", (6, "head altered")),
        ("seq = 9", (7, "cut off")),
        ("seq = 4", (5, "inserted")),
    ],
)
def test_a_changed_head_is_named(run, change, expected):
    tamper(f"UPDATE executions_ledger SET {change} WHERE id = %s", run)
    assert found(run) == expected


def test_a_deleted_head_is_named(run):
    tamper("DELETE FROM executions_ledger WHERE id = %s", run)
    assert found(run) == (None, "head missing")


def test_a_run_whose_whole_history_is_gone_is_named(run):
    tamper("DELETE FROM executions_event WHERE ledger = %s", run)
    tamper("DELETE FROM executions_ledger WHERE id = %s", run)
    assert found(run) == (None, "ledger missing")


def test_a_history_whose_run_is_gone_is_named(run):
    tamper("DELETE FROM executions_execution WHERE id = %s", run)
    assert found(run) == (None, "run missing")


def test_the_system_ledger_is_verified_too(run):
    seq = system_line()
    tamper(f"UPDATE executions_event SET reason = 'x' {OF}", SYSTEM_LEDGER, seq)
    assert found(SYSTEM_LEDGER) == (seq, "altered")


def test_every_broken_ledger_is_named_once_by_its_first_bad_line(run):
    other = make_run()
    for ledger, seq in ((run, 5), (run, 2), (other, 4)):
        tamper(f"UPDATE executions_event SET reason = 'x' {OF}", ledger, seq)
    assert {(problem.ledger, problem.seq) for problem in verify().problems} == {(run, 2), (other, 4)}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_damage_cannot_hide_between_batches(run, monkeypatch, size):
    monkeypatch.setattr("executions.provenance.judge.BATCH", size)
    assert verify().whole
    tamper(f"DELETE FROM executions_event {OF}", run, 3)
    assert found(run) == (3, "missing")


def test_more_broken_ledgers_than_are_named_are_counted(run, monkeypatch):
    monkeypatch.setattr(module, "MOST_PROBLEMS", 1)
    for ledger in (run, make_run()):
        tamper(f"UPDATE executions_event SET reason = 'x' {OF}", ledger, 2)
    result = verify()
    assert (len(result.problems), result.unnamed) == (1, 1)


def test_a_trigger_that_was_switched_off_is_named(run):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger"
            " WHERE tgname LIKE 'pgtrigger_append_only%' AND tgrelid = 'executions_event'::regclass"
        )
        (name,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE executions_event DISABLE TRIGGER {name}")
    assert [problem.what for problem in verify().problems] == ["unprotected"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE executions_event SET reason = 'x' WHERE ledger = %s",
        "DELETE FROM executions_event WHERE ledger = %s",
        "UPDATE executions_ledger SET seq = 1 WHERE id = %s",
        "DELETE FROM executions_ledger WHERE id = %s",
        "TRUNCATE executions_event",
    ],
)
def test_the_triggers_refuse_changes_by_ordinary_code(run, statement):
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [run] if "%s" in statement else [])
    assert verify().whole


def test_the_trigger_ignores_what_ordinary_code_says_of_seq_time_and_digests(run):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO executions_event (ledger, seq, at, prev, digest, kind, actor_id, actor_name, actor_role, via,"
            " reason, data) VALUES (%s, 99, '2020-01-01', 'x', 'x', 'hold.noted', 'a', 'a', 'a', 'api', '', '{}')",
            [run],
        )
    assert lines(run)[-1].seq == 7
    assert verify().whole
