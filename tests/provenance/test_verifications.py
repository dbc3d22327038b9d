"""Verifying while the system runs, what a verification leaves behind, and what the next one makes of it."""

import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from executions.commands.audit import verify_ledger, verify_record
from executions.errors import NotAllowed
from executions.models import SYSTEM_LEDGER, Event
from executions.provenance import append
from executions.provenance.verify import verify
from tests.provenance.chains import OPERATOR, lines, make_run, tamper


def last_line() -> Event:
    return lines(SYSTEM_LEDGER)[-1]


def test_a_verification_is_recorded_with_its_outcome(cast):
    make_run()
    result = verify_record(cast.actor("auditor"))
    line = last_line()
    told = json.loads(line.data)
    assert (line.kind, line.actor_name, line.via) == ("audit.verified", "auditor", "console")
    assert (told["outcome"], told["events"], told["ledgers"]) == ("whole", result.events, result.ledgers)
    assert told["checkpoint"]["events"] == result.events


def test_who_may_not_read_the_audit_may_not_verify_and_that_is_recorded(cast):
    with pytest.raises(NotAllowed):
        verify_record(cast.actor("operator"))
    assert (last_line().kind, last_line().actor_name) == ("command.denied", "operator")
    run = make_run()
    assert verify_ledger(cast.actor("operator"), run).whole
    with pytest.raises(NotAllowed):
        verify_ledger(cast.actor("outsider"), run)


def test_a_run_deleted_without_a_trace_is_missed_at_the_next_verification(cast):
    run = make_run()
    make_run()
    first = verify_record(cast.actor("auditor"))
    make_run()
    again = verify_record(cast.actor("auditor"))
    assert again.whole
    assert again.compared_with is not None
    for table, key in (("event", "ledger"), ("ledger", "id"), ("execution", "id")):
        tamper(f"DELETE FROM executions_{table} WHERE {key} = %s", run)
    for _ in range(2):  # a broken verification never becomes the one to compare with
        result = verify_record(cast.actor("auditor"))
        assert [problem.what for problem in result.problems] == ["history changed"]
        assert result.compared_with == again.compared_with + 1
    assert first.whole


def test_the_command_prints_the_outcome_and_an_anchor(db, capsys):
    make_run()
    call_command("audit_verify")
    out = capsys.readouterr().out
    assert "Whole." in out
    anchor = out.split("Anchor ")[1].split()[0]
    assert anchor == f"{last_line().seq}:{bytes(last_line().digest).hex()}"
    call_command("audit_verify", anchor=anchor)
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", anchor=f"{last_line().seq}:{'0' * 64}")
    assert ended.value.code == 1
    assert "not the one the anchor was taken from" in capsys.readouterr().out


def test_the_command_exits_with_1_and_names_the_line(db, capsys):
    run = make_run()
    tamper("UPDATE executions_event SET reason = 'x' WHERE ledger = %s AND seq = 2", run)
    for options in ({}, {"ledger": str(run)}):
        with pytest.raises(SystemExit) as ended:
            call_command("audit_verify", **options)
        assert ended.value.code == 1
        assert f"ledger {run}, line 2: altered" in capsys.readouterr().out


@pytest.mark.parametrize(("ledger", "words"), [("nonsense", "Give a run's id"), ("0" * 31 + "1", "There is no ledger")])
def test_the_command_refuses_a_ledger_that_does_not_exist(db, ledger, words):
    with pytest.raises(CommandError, match=words):
        call_command("audit_verify", ledger=ledger)


def test_lines_appended_meanwhile_are_no_false_alarm(live_db, monkeypatch):
    monkeypatch.setattr("executions.provenance.judge.BATCH", 50)
    with transaction.atomic():
        runs = [make_run() for _ in range(30)]
    stop = threading.Event()

    def keep_appending() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            append(runs[number % 30], "hold.noted", OPERATOR, reason="more", data={"hold": "x"})
        connections.close_all()

    writer = threading.Thread(target=keep_appending)
    writer.start()
    try:
        for _ in range(5):
            mine = [problem for problem in verify().problems if problem.ledger in runs]
            assert mine == []
    finally:
        stop.set()
        writer.join()


def test_verifying_on_several_connections_sees_the_same(live_db, monkeypatch):
    with transaction.atomic():
        [make_run() for _ in range(5)]
    whole = verify()
    monkeypatch.setattr("executions.provenance.judge.BATCH", 7)
    parts = verify()
    assert (parts.events, parts.ledgers) == (whole.events, whole.ledgers)
    assert parts.checkpoint.digest == whole.checkpoint.digest
