"""At a terminal: questions field by field, an editor for the payload, numbers typed before much is done, signing in."""

import stat

import pytest

from executions import commands
from tests.client.conftest import word
from tests.client.seat import Seat
from tests.engine.watching import come_to_end, events, fresh, wait_for

EDITOR = '#!/bin/sh\nsed -i \'s/"x": 1/"x": 12/\' "$1"\n'


@pytest.fixture
def editor(tmp_path) -> str:
    """Return an editor that changes one number."""
    path = tmp_path / "editor.sh"
    path.write_text(EDITOR)
    path.chmod(0o700)
    return str(path)


@pytest.fixture
def admin(terminal):
    return terminal("admin")


def test_a_question_is_answered_field_by_field(admin, run, worker):
    execution = run("asking", {"x": 1})
    wait_for(execution, "suspended")
    question = execution.suspensions.get()
    seat = Seat(admin, "inbox", "answer", question.pk)
    shown = seat.reads("Number:")
    assert "Go on?" in shown
    assert "1  Yes" in shown
    seat.types("perhaps")
    seat.reads("It is one of: yes, no.")
    seat.types("1")
    seat.reads("may be left empty")
    seat.types("12.345")
    seat.reads("It is final. [y/N]:")
    seat.types("y")
    # The server is the judge, and what it finds wrong is asked again.
    seat.reads("amount: ")
    seat.types("12.30")
    seat.reads("It is final. [y/N]:")
    seat.types("y")
    assert "answered" in seat.reads("Go on?")
    assert seat.ends() == 0
    assert fresh(execution).suspensions.get().answer["decision"] == "yes"


def test_a_payload_is_changed_in_an_editor_and_shown_before_it_is_sent(admin, run, editor):
    execution = run("noop", {"x": 1, "y": [1, 2]})
    admin("execution", "pause", execution.pk, "-r", "wrong")
    seat = Seat(admin, "execution", "amend", execution.pk, EDITOR=editor)
    assert "/x  1 → 12" in seat.reads("Why amend:")
    seat.types("It is a dozen")
    seat.reads("Send this? [y/N]:")
    seat.types("y")
    assert seat.ends() == 0
    assert fresh(execution).payload == {"x": 12, "y": [1, 2]}
    (event,) = events(execution, "payload.amended")
    assert (event.reason, event.via) == ("It is a dozen", "cli")


def test_what_is_not_sent_is_kept(admin, run, editor):
    execution = run("noop", {"x": 1})
    admin("execution", "pause", execution.pk, "-r", "wrong")
    seat = Seat(admin, "execution", "amend", execution.pk, "-r", "no", EDITOR=editor)
    seat.reads("Send this? [y/N]:")
    seat.types("n")
    kept = seat.reads(".json.").split()[-1].rstrip(".")
    assert seat.ends() == 1
    assert fresh(execution).payload == {"x": 1}
    with open(kept) as file:
        assert '"x": 12' in file.read()


def test_many_are_cancelled_only_when_their_number_is_typed(operator, run):
    name = word()
    runs = [run(labels={"of": name}) for _ in range(10)]
    chosen = ["execution", "cancel", "--filter", f"label=of:{name}", "-r", "sent twice", "--no-wait"]
    seat = Seat(operator, *chosen)
    assert "10 of 10 runs chosen" in seat.reads("Type 10 to go on:")
    seat.types("y")
    assert seat.ends() == 1
    assert {fresh(execution).state for execution in runs} == {"queued"}
    seat = Seat(operator, *chosen)
    seat.reads("Type 10 to go on:")
    seat.types("10")
    seat.reads("of 10 done")
    assert seat.ends() == 0


def test_signing_in_writes_a_profile_that_nobody_else_reads(operator, run, tmp_path):
    execution, token = run(), operator.token
    path = tmp_path / "configuration" / "config.toml"
    without = {"HOLDPOINT_TOKEN": "", "HOLDPOINT_URL": "", "HOLDPOINT_CONFIG": str(path)}
    seat = Seat(operator, "--profile", "work", "login", **without)
    seat.reads("Address of the server:")
    seat.types(operator.url)
    seat.reads("Token:")
    seat.types_unseen(token)
    seat.reads("Kept as profile work")
    assert seat.ends() == 0
    assert token not in seat.raw
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    without = {name: value or None for name, value in without.items()}
    assert operator("execution", "status", execution.pk, **without).code == 0
    assert "work" in operator("profiles", **without).out
    wrong = operator("login", "--with-token", stdin="hp_wrong", **{**without, "HOLDPOINT_URL": operator.url})
    assert (wrong.code, "[default]" in path.read_text()) == (4, False)
    assert operator("--profile", "work", "logout", **without).code == 0
    assert token not in path.read_text()


def test_a_run_is_watched_with_its_progress(operator, run, cast, worker):
    execution, actor = run("counting", {"items": 60, "seconds": 0.5}), cast.actor("operator")
    commands.pause(actor, execution.pk, reason="look")
    wait_for(execution, "paused")
    seat = Seat(operator, "execution", "status", execution.pk, "--watch", "--interval", "0.2", columns=80)
    seat.reads("paused")
    commands.resume(actor, execution.pk)
    seat.reads("━")
    seat.reads(" of 60")
    come_to_end(cast, execution, items=1)
    seat.reads("✓ succeeded")
    assert seat.ends() == 0
    assert max(len(line) for line in seat.screen.splitlines() if "\x1b" not in line) <= 80 * 2
