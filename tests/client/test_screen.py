"""What is printed: hostile texts do nothing, wide letters stand in line, a pipe gets plain text; and what is sent."""

import subprocess
import sys
import unicodedata

import pytest

from executions import commands
from tests.client.conftest import word

HOSTILE = "\x1b[31mred\x1b]0;owned\x07 \x9b2J [bold]b[/bold] \u202etxt.exe\u2066 \u200bz\u2028new\u200f"
OBEYED = {"\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\u200f"}


def cells(text: str) -> int:
    """Return how many columns of a screen a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


@pytest.fixture
def say(ready, terminal):
    return ready(terminal("admin"))


def test_hostile_texts_are_inert_wherever_they_are_shown(say, run, cast):
    name = word()
    execution = run(title=f"{HOSTILE} {name}", payload={"x": HOSTILE})
    hold = commands.pause(cast.actor("operator"), execution.pk, reason=HOSTILE, ticket=HOSTILE)
    commands.annotate(cast.actor("operator"), hold.pk, text=HOSTILE)
    shown = [
        ["execution", "list", "-q", name],
        ["execution", "status", execution.pk],
        ["execution", "events", execution.pk],
        ["execution", "timeline", execution.pk],
        ["execution", "evidence", execution.pk],
        ["execution", "tree", execution.pk],
        ["execution", "diff", execution.pk, run().pk],
        ["execution", "payload", execution.pk],
        ["hold", "list", "--run", execution.pk],
        ["hold", "show", hold.pk],
        ["audit", "search", "--run", execution.pk],
        ["events", "--run", execution.pk],
        ["execution", "list", "-q", name, "--json"],
        ["execution", "status", execution.pk, "--json"],
    ]
    for words in shown:
        said = say(*words)
        assert said.code == 0, said.words()
        assert not OBEYED & set(said.out + said.err), words
    assert "[bold]" in say("execution", "status", execution.pk).out
    assert say("execution", "status", execution.pk, "--json").document["title"] == f"{HOSTILE} {name}"


def test_wide_letters_stand_in_line_and_a_narrow_screen_is_kept(operator, run):
    name = word()
    for title in ("会議の資料を確認する", "Émile 🎉", "plain"):
        run(title=f"{title} {name}")
    for width in ("40", "80", "140"):
        said = operator("execution", "list", "-q", name, COLUMNS=width)
        lines = said.out.splitlines()
        assert max(cells(line) for line in lines) <= int(width), said.out
        (column,) = {cells(line[: line.index("○ queued")]) for line in lines[1:]}
        assert column == cells(lines[0][: lines[0].index("state")])
    assert "\x1b" not in said.out


def test_a_payload_is_amended_by_path_and_by_patch(say, run, cast):
    execution = run(payload={"sum": 1, "lines": [{"price": 2}, {"price": 3}]})
    amend = ["execution", "amend", execution.pk, "-r", "corrected"]
    refused = say(*amend, "--set", "sum=2")
    assert (refused.code, "you may" in refused.err) == (3, True)
    commands.pause(cast.actor("operator"), execution.pk, reason="wrong")
    said = say(*amend, "--set", "lines.1.price=4.5", "--set", 'more={"a": 1}')
    assert said.code == 0
    assert "/lines/1/price 3 → 4.5" in said.words()
    patch = '[{"op": "test", "path": "/sum", "value": 1}, {"op": "add", "path": "/lines/0", "value": 7}]'
    assert say(*amend, "--json-patch", patch).code == 0
    execution.refresh_from_db()
    assert execution.payload == {"sum": 1, "lines": [7, {"price": 2}, {"price": 4.5}], "more": {"a": 1}}
    for wrong in (
        ["--set", "lines.9.price=1"],
        ["--set", "sum"],
        ["--json-patch", '[{"op": "remove", "path": "/sum"}]'],
        ["--json-patch", '[{"op": "test", "path": "/sum", "value": true}]'],
        ["--json-patch", '{"sum": 1}'],
        [],
    ):
        assert say(*amend, *wrong).code == 2, wrong
    unchanged = say(*amend, "--set", "sum=1")
    assert (unchanged.code, "Nothing changes" in unchanged.err) == (0, True)


def test_many_runs_need_a_yes_and_are_told_of_first(say, run):
    name = word()
    runs = [run(labels={"of": name}) for _ in range(3)]
    chosen = ["--filter", f"label=of:{name}"]
    assert "3 of 3 runs chosen" in say("execution", "pause", *chosen, "--dry-run").out
    asked = say("execution", "pause", *chosen, "-r", "look")
    assert (asked.code, "add --yes" in asked.err) == (2, True)
    both = say("execution", "pause", runs[0].pk, *chosen, "-r", "look")
    assert (both.code, "one of these" in both.err) == (2, True)
    assert say("execution", "pause", *chosen, "--before-step", "x", "-r", "look").code == 2
    assert say("execution", "pause", "--filter", "colour=red", "-r", "look").code == 2
    # What is only a preview changes nothing, and what has none is refused.
    for command in (["pause"], ["label", "--set", "seen=yes"]):
        single = say("execution", *command, runs[0].pk, "--dry-run")
        assert (single.code, "1 of 1 run chosen" in single.out) == (0, True)
    none = say("execution", "resume", runs[0].pk, "--dry-run")
    assert "0 of 1 run chosen" in none.out
    assert "left out" in none.out
    assert "Nothing was done." in none.err
    assert (
        "only with ids, not with --dry-run" in say("execution", "retry", runs[0].pk, "--position", 0, "--dry-run").err
    )
    runs[0].refresh_from_db()
    assert (runs[0].state, runs[0].labels) == ("queued", {"of": name})
    none = say("execution", "resume", *chosen, "--yes")
    assert (none.code, "Nothing was done" in none.err) == (3, True)
    ids = say("execution", "list", *chosen, "--ids").out.split()
    assert set(ids) == {str(execution.pk) for execution in runs}


def test_what_the_inbox_lists_it_shows_and_a_run_has_an_address(say, operator, run, cast):
    execution = run()
    hold = commands.place(cast.actor("reviewer"), execution.pk, reason=word())
    assert hold.reason in say("inbox", "show", str(hold.pk)[:23]).out
    assert say("inbox", "show", execution.pk).code == 5
    assert say("open", str(execution.pk)[:23]).out == f"{operator.url}/executions/{execution.pk}\n"
    assert say("execution", "list", "--view", "no such view").code == 5


def test_how_a_run_ended_is_an_exit_code_where_that_is_asked_for(say, run, cast):
    execution = run()
    commands.cancel(cast.actor("operator"), execution.pk, reason="sent twice")
    assert say("execution", "status", execution.pk, "--watch").code == 0
    assert say("execution", "status", execution.pk, "--watch", "--exit-status").code == 1
    assert say("execution", "status", execution.pk, "--exit-status").code == 1
    assert say("execution", "launch", "noop", "--exit-status").code == 2


def test_columns_that_say_nothing_leave_their_room_to_the_others(say, run, cast):
    execution = run()
    assert say("execution", "boundaries", execution.pk).out.splitlines()[0].split() == ["line", "at", "what"]
    commands.pause(cast.actor("operator"), execution.pk, reason="look")
    commands.skip(cast.actor("operator"), execution.pk, reason="done by hand")
    assert say("execution", "boundaries", execution.pk).out.splitlines()[0].split() == ["line", "at", "what", "step"]


def test_a_signed_webhook_is_called_with_its_secret(say, run):
    execution = run()
    given = say("execution", "pause", execution.pk, "-r", "wait", "--signed-webhook", "--json").document
    assert say("trigger", given["resume_token"]).code == 4
    said = say("trigger", given["resume_token"], "--secret", given["signing_secret"])
    assert (said.code, "queued" in said.out) == (0, True)
    assert say("trigger", given["resume_token"], "--secret", "nonsense!").code == 2


def test_an_export_is_verified_by_the_program_that_comes_with_it(say, run, tmp_path):
    execution = run(title=word())
    exported, program = tmp_path / "record.jsonl", tmp_path / "verify_export.py"
    assert say("audit", "export", "--run", execution.pk, "--out", exported).code == 0
    assert say("audit", "verifier", "--out", program).code == 0
    assert list(tmp_path.glob("*.part")) == []
    said = subprocess.run([sys.executable, program, exported], capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stdout
    table = say("audit", "export", "--run", execution.pk, "--csv").out
    assert "execution.launched" in table
