"""What one invocation shares: the profile asked for, the connection once it is needed, both output streams."""

import os
import sys
from functools import cached_property

import typer
from rich.console import RenderableType

from holdpoint_client.api import Api
from holdpoint_client.connection import find_connection
from holdpoint_client.failures import usage
from holdpoint_client.screen import Screen


class Session:
    """One invocation of `holdpoint`."""

    def __init__(self) -> None:
        self.profile = ""
        self.screen = Screen()

    @cached_property
    def api(self) -> Api:
        """The server; connected to when first asked for, so that help needs none.

        Raises:
            Failure: no server is configured.
        """
        return Api(find_connection(self.profile, os.environ))

    def begin(self, as_json: bool) -> "Session":
        """Say how this command's results are printed; returns the session itself."""
        self.screen = Screen(as_json)
        return self

    def reason(self, given: str | None, question: str, *, option: str = "--reason") -> str:
        """Return the reason that was given, or ask for it.

        Args:
            given: the option's value, or None.
            question: what to ask where it is missing.
            option: its name.

        Raises:
            Failure: it is blank, or missing where nobody can be asked.
        """
        if given is not None:
            if not given.strip():
                raise usage(f"{option} is blank. Say it in words, for those who read the history later.")
            return given
        if not can_ask():
            raise usage(f'Nobody can be asked here: add {option} "…".')
        while True:
            answer = str(typer.prompt(question, err=True))
            if answer.strip():
                return answer

    def confirm(self, question: str) -> None:
        """Go on only if the person says yes.

        Raises:
            Failure: nobody can be asked.
            typer.Abort: the answer is no.
        """
        if not can_ask():
            raise usage(f"{question} Nobody can be asked here: add --yes.")
        typer.confirm(question, abort=True, err=True)

    def confirm_number(self, question: str, number: int) -> None:
        """Go on only if the person types the number; errors as for ``confirm``."""
        if not can_ask():
            raise usage(f"{question} Nobody can be asked here: add --yes.")
        typed = str(typer.prompt(f"{question} Type {number} to go on", default="", show_default=False, err=True))
        if typed.strip().replace(",", "") != str(number):
            raise typer.Abort

    def ask(self, question: str, default: str = "") -> str:
        """Ask for a text; what is left empty is the default."""
        return str(typer.prompt(question, default=default, show_default=bool(default), prompt_suffix=" ", err=True))

    def say(self, text: RenderableType = "") -> None:
        """Print what a question is about, beside the result."""
        self.screen.say(text)


def can_ask() -> bool:
    """Tell whether a person sits at this terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()
