"""`python -m holdpoint_client.reference` prints every command with its options: docs/reference/terminal-commands.md."""

import os
from collections.abc import Iterator
from typing import Any

WIDTH = 80
HEAD = """# Terminal: every command

Made by `python -m scripts.reference`; `holdpoint COMMAND --help` says the same. What they have in common,
how to sign in, `--json`, and the exit codes: [terminal](terminal.md).
"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the words of each command, and its help."""
    # The width of help is decided when it is imported.
    os.environ["COLUMNS"] = str(WIDTH)
    import typer

    from holdpoint_client.app import app

    yield from _below(typer.main.get_command(app), "holdpoint", None)


def _below(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(command, info_name=name, parent=parent, terminal_width=WIDTH)
    yield context.command_path, command.get_help(context)
    for each in command.list_commands(context) if hasattr(command, "commands") else ():
        yield from _below(command.get_command(context, each), each, context)


def as_markdown() -> str:
    """Return the page."""
    parts = [f"## {words}\n\n```text\n{_plain(help)}\n```\n" for words, help in pages()]
    return "\n".join([HEAD, *parts])


def _plain(help: str) -> str:
    return "\n".join(line.rstrip() for line in help.strip().splitlines())


if __name__ == "__main__":
    print(as_markdown(), end="")
