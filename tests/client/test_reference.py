"""The reference of the terminal is what `--help` says, and the page before it names every command."""

import os
import re
import subprocess
import sys

from console.stack.home import PROJECT

REFERENCE = PROJECT / "docs" / "reference"


def printed() -> str:
    """Return the page as the client prints it, in a process of its own: the tests import nothing of the client."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "client" / "src")}
    command = [sys.executable, "-m", "holdpoint_client.reference"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_reference_is_what_help_says():
    assert (REFERENCE / "terminal-commands.md").read_text() == printed(), (
        "python -m holdpoint_client.reference > docs/reference/terminal-commands.md"
    )


def test_every_command_and_option_is_said_to_do_something_in_80_columns():
    page = printed()
    commands = re.findall(r"^## holdpoint ?(.*)$", page, re.MULTILINE)
    assert len(commands) > 60
    assert [line for line in page.split("## holdpoint", 1)[1].splitlines() if len(line) > 80] == []
    # A line that holds an option and no words, followed by none that is indented further, says nothing.
    assert re.findall(r"^  --?[a-z-]+(?:, --[a-z-]+)?(?: [A-Z<|a-z>]+)?\n(?! {6})", page, re.MULTILINE) == []
    assert "..." not in re.sub(r"\.\.\.\]?$|ARGS\]\.\.\.|\]\.\.\.|ID\.\.\.", "", page, flags=re.MULTILINE)


def test_the_page_about_the_terminal_names_every_command():
    told = (REFERENCE / "terminal.md").read_text()
    words = {name.split()[-1] for name in re.findall(r"^## holdpoint (.+)$", printed(), re.MULTILINE)}
    assert [word for word in words if not re.search(rf"[` ]{word}[` ]", told)] == []
