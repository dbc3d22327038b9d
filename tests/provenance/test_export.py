"""An export carries everything, and a script with nothing but the standard library verifies it."""

import asyncio
import json
import subprocess
import sys
from contextlib import aclosing

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from console.stack.home import PROJECT
from executions.commands.audit import begin_export
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import SYSTEM_LEDGER
from executions.provenance import export as exporting
from executions.provenance.auditlines import AuditFilter
from executions.provenance.export import Selection, export, export_chunks
from executions.queries.audit import search as searched
from executions.queries.extract import extract_of
from tests.engine.watching import PATIENCE, wait_until
from tests.provenance.chains import lines, make_run, tamper
from tests.support.loops import run_coroutine

SCRIPT = PROJECT / "tools" / "verify_export.py"


def judge(text: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *arguments], input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def exported(capsys, **options) -> str:
    call_command("audit_export", **options)
    return capsys.readouterr().out


def test_the_script_is_short_and_imports_the_standard_library_only():
    text = SCRIPT.read_text()
    assert len(text.splitlines()) < 80
    assert {line for line in text.splitlines() if line.startswith(("import", "from"))} == {
        "import hashlib",
        "import json",
        "import sys",
    }


@pytest.mark.parametrize("one", [True, False])
def test_whole_ledgers_verify_outside(db, capsys, one):
    run = make_run()
    make_run()
    text = exported(capsys, **({"ledger": str(run)} if one else {}))
    code, said = judge(text)
    assert code == 0, said
    assert said.startswith("Whole: 6 lines in 1 ledgers." if one else "Whole: ")


def test_every_column_is_there_and_data_are_exact(db, capsys):
    run = make_run(2)
    events = [json.loads(text) for text in exported(capsys, ledger=str(run)).splitlines()]
    stored = lines(run)[1]
    assert events[2]["data"] == stored.data
    assert (events[2]["salt"], events[2]["prev"], events[2]["digest"]) == (
        bytes(stored.salt).hex(),
        bytes(lines(run)[0].digest).hex(),
        bytes(stored.digest).hex(),
    )
    assert events[2]["reason"] == "Note 2: Zürich, 2 €"
    assert events[3] == {"head": {"ledger": str(run), "seq": 2, "digest": events[2]["digest"]}}
    assert events[4] == {"end": {"ledgers": 1, "events": 2}}


def test_the_export_is_recorded_and_holds_that_line_itself(db, capsys):
    make_run()
    text = exported(capsys, ledger="system")
    assert lines(SYSTEM_LEDGER)[-1].kind == "audit.exported"
    assert json.loads(text.splitlines()[-3])["kind"] == "audit.exported"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.__setitem__(3, rows[3].replace("Note 3", "Note 9")), "line 3 is altered"),
        (
            lambda rows: rows.__setitem__(3, rows[3].replace('\\"hold\\":\\"3', '\\"hold\\":\\"4')),
            "line 3 is data altered",
        ),
        (lambda rows: rows.pop(3), "line 4 is out of order"),
        (lambda rows: rows.__setitem__(slice(3, 5), rows[3:5][::-1]), "line 4 is out of order"),
        (lambda rows: rows.insert(3, rows[3]), "line 3 is out of order"),
        (lambda rows: rows.pop(6), "cut off or changed"),
        (lambda rows: rows.pop(7), "each with its head"),
        (lambda rows: rows.__delitem__(slice(5, None)), "its last line does not count"),
    ],
)
def test_what_was_done_to_an_export_is_named(db, capsys, change, words):
    rows = exported(capsys, ledger=str(make_run())).splitlines(keepends=True)
    change(rows)
    code, said = judge("".join(rows))
    assert (code, words in said) == (1, True), said


def test_damage_in_the_database_shows_in_the_export(db, capsys):
    run = make_run()
    tamper("DELETE FROM executions_event WHERE ledger = %s AND seq = 6", run)
    code, said = judge(exported(capsys, ledger=str(run)))
    assert (code, "tells of another line 6" in said) == (1, True)


def test_an_extract_by_time_says_that_it_cannot_be_verified_completely(db, capsys):
    run = make_run()
    text = exported(capsys, ledger=str(run), since=lines(run)[2].at.isoformat())
    code, said = judge(text)
    assert (code, "Sound: 4 lines" in said, "cannot be seen" in said) == (3, True, True)
    assert judge(text.replace("Note 5", "Note 6"))[0] == 1


@pytest.mark.parametrize("text", ["", "nonsense\n", '{"export": {"format": "other"}}\n', "[]\n"])
def test_what_is_no_export_is_said_to_be_none(text):
    assert judge(text)[0] == 2


def test_a_file_is_written_once(db, tmp_path):
    run = make_run()
    target = tmp_path / "export.jsonl"
    call_command("audit_export", ledger=str(run), output=target)
    assert judge("", str(target))[0] == 0
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("audit_export", ledger=str(run), output=target)
    with pytest.raises(CommandError, match="is no time"):
        call_command("audit_export", since="yesterday")


def test_only_auditors_may_export(cast):
    with pytest.raises(NotAllowed):
        begin_export(cast.actor("operator"), Selection())
    assert lines(SYSTEM_LEDGER)[-1].kind == "command.denied"
    begin_export(cast.actor("auditor"), Selection())
    time = lines(SYSTEM_LEDGER)[-1].at
    for wrong in (Selection(since=time.replace(tzinfo=None)), Selection(since=time, until=time)):
        with pytest.raises(Invalid):
            begin_export(cast.actor("auditor"), wrong)


def nobody_stays_in_a_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        return bool(cursor.fetchone() == (0,))


def test_an_export_streams_in_chunks_and_lets_go_of_its_transaction(live_db, monkeypatch):
    monkeypatch.setattr("executions.provenance.export.CHARACTERS_AT_ONCE", 1000)
    with transaction.atomic():
        run = make_run()

    async def read(most: int) -> list[bytes]:
        chunks = []
        stream = export_chunks(Selection(run))
        async for chunk in stream:
            chunks.append(chunk)
            if len(chunks) == most:
                await stream.aclose()
        return chunks

    whole = run_coroutine(read(99))
    assert len(whole) > 2
    assert b"".join(whole).decode() == "".join(export(Selection(run)))
    assert len(run_coroutine(read(1))) == 1
    wait_until(nobody_stays_in_a_transaction, "its transaction is over")


def test_whoever_takes_nothing_is_cut_off_and_many_at_once_are_refused(live_db, monkeypatch, cast):
    """Each holds a connection of the pool and a transaction for as long as its reader likes."""
    monkeypatch.setattr(exporting, "MOST_UNDER_WAY", 1)
    with transaction.atomic():
        run = make_run()

    async def be_second() -> None:
        async with aclosing(export_chunks(Selection(run))) as stream:
            async for _ in stream:
                assert exporting.is_busy()
                with pytest.raises(Conflict, match="under way"):
                    await sync_to_async(begin_export)(cast.actor("auditor"), Selection(run))

    async def stall() -> None:
        async with aclosing(export_chunks(Selection(run))) as stream:
            async for _ in stream:
                await asyncio.sleep(600)

    async def cut_off() -> bool:
        stalled = asyncio.create_task(stall())
        await asyncio.wait([stalled], timeout=PATIENCE)
        return stalled.cancelled()

    run_coroutine(be_second())
    monkeypatch.setattr(exporting, "STALLED_SECONDS", 0.05)
    assert run_coroutine(cut_off())
    assert not exporting.is_busy()
    wait_until(nobody_stays_in_a_transaction, "its transaction is over")


SEARCHES = [
    {"kind": "hold.noted"},
    {"person": "operator"},
    {"text": "note 3"},
    {"via": "console", "workflow": "chain"},
    {"kind": "hold", "person": "operator", "refused": True},
]


@pytest.mark.parametrize("search", SEARCHES, ids=str)
def test_an_export_of_a_search_hands_out_what_the_search_finds_and_says_what_it_is(db, search):
    make_run()
    make_run(2)
    wanted = AuditFilter(**search)
    selection, found = extract_of(wanted)
    items = [json.loads(text) for text in export(selection, found)]
    shown = [(line.ledger_name, line.seq) for line in searched(wanted, limit=200).rows]
    assert items[0]["export"] | {"since": None, "until": None} == items[0]["export"]
    assert (items[0]["export"]["filter"], items[0]["export"]["complete"]) == (search, False)
    assert [(item["ledger"], item["seq"]) for item in items[1:-1]] == sorted(shown)
    code, said = judge("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items))
    assert code == 3, said
    assert said.startswith(f"Sound: {len(shown)} lines")


def test_an_extract_with_an_altered_line_is_broken(db):
    run = make_run()
    tamper("UPDATE executions_event SET reason = 'x' WHERE ledger = %s AND seq = 2", run)
    code, said = judge("".join(export(*extract_of(AuditFilter(kind="hold.noted")))))
    assert (code, "line 2 is altered" in said) == (1, True)


def test_a_run_alone_is_handed_out_whole_and_a_search_that_is_wrong_not_at_all(db):
    run = make_run()
    selection, found = extract_of(AuditFilter(run=str(run)))
    assert (selection.complete, selection.ledger, found) == (True, run, None)
    with pytest.raises(Invalid):
        extract_of(AuditFilter(kind="no.such"))
