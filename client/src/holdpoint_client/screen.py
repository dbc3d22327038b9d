"""What is printed where: results on stdout, for people or as JSON; questions and refusals on stderr."""

import json
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from holdpoint_client.failures import Problem
from holdpoint_client.words import UNSEEN, clean, clean_lines

PIPED_WIDTH = 200
"""Columns where nobody's terminal sets a limit, so that a pipe gets texts uncut."""
LET_THROUGH = re.compile(f"[\x7f-\x9f{UNSEEN}]")
"""What JSON would let through to a terminal; the older control characters it escapes itself."""


type Document = dict[str, Any]
type Draw = Callable[[list[Document], int], RenderableType]


class Screen:
    """Both output streams.

    Args:
        as_json: results and refusals are JSON documents on stdout.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = _console(stderr=False)
        self.err = _console(stderr=True)

    @property
    def width(self) -> int:
        """How many columns there are for results."""
        return self.out.width

    def show(self, *parts: RenderableType) -> None:
        """Print results for people."""
        _put(self.out, sys.stdout, parts)

    def say(self, *parts: RenderableType) -> None:
        """Print what a question is about, or what stands beside a result."""
        _put(self.err, sys.stderr, parts)

    def document(self, document: Any, *, line: bool = False) -> None:
        """Print a result for scripts; on one line where it is one of many."""
        text = json.dumps(document, ensure_ascii=False, indent=None if line else 2)
        sys.stdout.write(LET_THROUGH.sub(_escaped, text) + "\n")
        sys.stdout.flush()

    def page(self, page: Document, draw: Draw, empty: str) -> None:
        """Print a list, and how to see more of it.

        Args:
            page: ``items`` and ``next``, as the API lists.
            draw: makes a table of the items, for so many columns of the screen.
            empty: what to say where there are none.
        """
        if self.as_json:
            self.document(page)
        elif not page["items"]:
            self.aside(empty)
        else:
            self.show(draw(page["items"], self.width))
            if page.get("next"):
                self.aside(f"{len(page['items']):,} shown; more: --all, -n N, --cursor {clean(page['next'])}")

    def one(self, document: Document, draw: Callable[[Document], RenderableType]) -> None:
        """Print one thing: the document itself, or as ``draw`` makes it for people."""
        if self.as_json:
            self.document(document)
        else:
            self.show(draw(document))

    def aside(self, text: str, style: str = "dim") -> None:
        """Print a remark beside the result. It may quote what a server said, so that it is made harmless here."""
        self.err.print(Text(clean_lines(text), style))

    def tell(self, problem: Problem) -> None:
        """Print why a command was not carried out, and what would be allowed instead."""
        if self.as_json:
            self.document(problem)
        title = clean(problem.get("title") or "Failed")
        self.err.print(Text.assemble((f"{title}: ", "bold red"), clean(problem.get("detail", ""))))
        for label, text in remedies(problem):
            self.err.print(Text.assemble((f"  {label}  ", "bold"), text))


def remedies(problem: Problem) -> list[tuple[str, str]]:
    """Return what a refusal says besides its sentence: fields, state, what is allowed, whose holds.

    Args:
        problem: a problem document; the members are those of docs/reference/api.md, Errors.

    Returns:
        Label and text of each line.
    """
    lines: list[tuple[str, str]] = []
    errors = problem.get("errors") or {}
    if len(errors) > 1:
        lines += [(clean(name), clean(" ".join(messages))) for name, messages in errors.items()]
    allowed = ", ".join(problem.get("allowed") or [])
    if state := problem.get("state"):
        lines += [("the run is", clean(state)), ("you may", clean(allowed) or "nothing but look")]
    elif allowed:
        lines.append(("you may", clean(allowed)))
    lines += [("held by", f"hold {clean(hold)}") for hold in problem.get("holds") or []]
    if "idempotency_key" in problem:
        lines.append(("--idempotency-key", clean(problem["idempotency_key"])))
    if "unauthenticated" in str(problem.get("type", "")):
        lines.append(
            ("to sign in", "`holdpoint login`, or set HOLDPOINT_TOKEN; Settings, Tokens in the console makes one")
        )
    return lines


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def _put(console: Console, stream: TextIO, parts: tuple[RenderableType, ...]) -> None:
    if console.is_terminal:
        console.print(*parts, sep="\n")
        return
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    # Tables fill their columns with spaces, which a file or a pipe has no use for.
    stream.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    stream.flush()


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command's end, which is one and the same for all that is printed."""
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    console = _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in console._environ:
        console.width = PIPED_WIDTH
    return console
