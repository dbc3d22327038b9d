"""What `--help` says of every command fits a narrow screen and is whole, and the page about the terminal names all."""

import re
import tomllib

from console.stack.home import PROJECT

REFERENCE = PROJECT / "docs" / "reference"
PAGE = REFERENCE / "terminal-commands.md"
"""Printed from the client; tests/test_reference.py compares."""


def test_every_command_and_option_is_said_to_do_something_in_80_columns():
    page = PAGE.read_text()
    commands = re.findall(r"^## holdpoint ?(.*)$", page, re.MULTILINE)
    assert len(commands) > 60
    assert [line for line in page.split("## holdpoint", 1)[1].splitlines() if len(line) > 80] == []
    # A line that holds an option and no words, followed by none that is indented further, says nothing.
    assert re.findall(r"^  --?[a-z-]+(?:, --[a-z-]+)?(?: [A-Z<|a-z>]+)?\n(?! {6})", page, re.MULTILINE) == []
    assert "..." not in re.sub(r"\.\.\.\]?$|ARGS\]\.\.\.|\]\.\.\.|ID\.\.\.", "", page, flags=re.MULTILINE)


def test_the_page_about_the_terminal_names_every_command():
    told = (REFERENCE / "terminal.md").read_text()
    words = {name.split()[-1] for name in re.findall(r"^## holdpoint (.+)$", PAGE.read_text(), re.MULTILINE)}
    assert [word for word in words if not re.search(rf"[` ]{word}[` ]", told)] == []


def test_server_and_terminal_carry_one_number_and_the_changes_name_it():
    server = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    terminal = (PROJECT / "client/src/holdpoint_client/__init__.py").read_text()
    assert f'__version__ = "{server}"' in terminal
    assert re.findall(r"^## ([^,\s]+)", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == server
