"""Following runs: woken by the server's stream, or looking now and then where there is none.

On a terminal what is shown is redrawn in place; elsewhere there is a line per change.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from holdpoint_client.api import Api
from holdpoint_client.failures import Exit, Failure
from holdpoint_client.screen import Draw
from holdpoint_client.session import Session
from holdpoint_client.stream import Bell, NoStream, Place, follow
from holdpoint_client.views.history import event_line
from holdpoint_client.views.runs import FINISHED, run_block, runs_table

type Document = dict[str, Any]

ENDS = ("execution.succeeded", "execution.failed", "execution.cancelled")
WORKED_ON = ("processing", "pausing", "cancelling")
QUIET = 10.0
"""Seconds between two looks at a list while the stream tells of nothing: ages grow."""
BREATH = 0.3
"""Seconds in which what happens together is looked at together."""


def watch_run(session: Session, run_id: str, interval: float) -> Document:
    """Show a run until it has finished, and return it.

    Args:
        session: this invocation.
        run_id: its whole id.
        interval: seconds between two looks; progress within a step is seen by looking alone.

    Raises:
        Failure: the run cannot be read at all. A server that is away later on is waited for.
    """
    screen, run = session.screen, session.api.run(run_id)
    if screen.as_json or not screen.out.is_terminal:
        for run in _changes(session, run_id, interval):
            if screen.as_json:
                screen.document(run, line=True)
            else:
                screen.show(runs_table([run], screen.width))
        return run
    with Live(run_block(run), console=screen.out, auto_refresh=False) as live:
        for run in _looks(session, run_id, interval):
            # Ages grow even while nothing changes, so every look is drawn.
            live.update(run_block(run), refresh=True)
    return run


def watch_list(
    session: Session, read: Callable[[], Document], draw: Draw, empty: str, interval: float, **stream: Any
) -> None:
    """Keep a list on the screen as it changes, until Ctrl-C; elsewhere print it anew at every change.

    Args:
        session: this invocation.
        read: reads a page.
        draw: makes a table of its items.
        empty: what to say where there are none.
        interval: seconds between two looks where there is no stream.
        stream: parameters of the stream that tells of changes.

    Raises:
        Failure: it cannot be read at all.
    """
    screen = session.screen
    if screen.as_json or not screen.out.is_terminal:
        seen: Any = None
        for page in _pages(session, read, interval, stream):
            if page != seen:
                seen = page
                if screen.as_json:
                    screen.document(page, line=True)
                else:
                    screen.page(page, draw, empty)
        return

    def drawn(page: Document) -> RenderableType:
        # What does not fit would be scrolled away and drawn again at every look.
        room = max(screen.out.height - 2, 1)
        return draw(page["items"][:room], screen.width) if page["items"] else Text(empty, "dim")

    pages = _pages(session, read, interval, stream)
    with Live(drawn(next(pages)), console=screen.out, auto_refresh=False) as live:
        for page in pages:
            live.update(drawn(page), refresh=True)


def follow_run_events(session: Session, run_id: str, after: int, interval: float) -> None:
    """Print a run's events as they come, until it has finished; arguments as for ``watch_run``."""
    at = after
    for event in _run_events(session, run_id, after, interval):
        # Both ways of reading may tell of one event; a history's numbers have no gaps.
        if event["seq"] <= at:
            continue
        at = event["seq"]
        print_event(session, event)


def print_event(session: Session, event: Document) -> None:
    """Print one event on a line of its own."""
    if session.screen.as_json:
        session.screen.document(event, line=True)
    else:
        session.screen.show(event_line(event, session.screen.width))


def _run_events(session: Session, run_id: str, after: int, interval: float) -> Iterator[Document]:
    at = after
    try:
        if session.api.run(run_id)["state"] not in FINISHED:
            place, path = Place(str(after) if after else ""), f"/async-executions/{run_id}/events/stream"
            for event in follow(session.api, path, place, lost=session.screen.aside):
                at = event["seq"]
                yield event
                if event["kind"] in ENDS:
                    break
    except NoStream:
        pass
    while True:
        run = _look(session, run_id, interval)
        for event in _patiently(session, lambda api, at=at: list(api.events(run_id, at)), interval):  # type: ignore[misc]
            at = event["seq"]
            yield event
        if run["state"] in FINISHED:
            return
        time.sleep(interval)


def _changes(session: Session, run_id: str, interval: float) -> Iterator[Document]:
    seen: Any = None
    for run in _looks(session, run_id, interval):
        now = (run["version"], run["state"], run["steps_done"], run["progress"], run["open_suspensions"])
        if now != seen:
            seen = now
            yield run


def _looks(session: Session, run_id: str, interval: float) -> Iterator[Document]:
    bell = Bell(session.api, f"/async-executions/{run_id}/events/stream")
    while True:
        run = _look(session, run_id, interval)
        yield run
        if run["state"] in FINISHED:
            return
        bell.wait(interval)


def _pages(
    session: Session, read: Callable[[], Document], interval: float, stream: dict[str, Any]
) -> Iterator[Document]:
    page = read()
    yield page
    bell = Bell(session.api, "/events/stream", **stream)
    while True:
        # Progress within a step is in no event.
        moves = any(item.get("state") in WORKED_ON for item in page["items"])
        bell.wait(QUIET if bell.hears and not moves else interval)
        time.sleep(BREATH)
        page = _patiently(session, lambda api: read(), interval)
        yield page


def _look(session: Session, run_id: str, interval: float) -> Document:
    return _patiently(session, lambda api: api.run(run_id), interval)


def _patiently[T](session: Session, read: Callable[[Api], T], interval: float) -> T:
    """Read, and wait for a server that has answered before and is away now."""
    told = False
    while True:
        try:
            return read(session.api)
        except Failure as failure:
            if failure.exit_code != Exit.UNREACHABLE or not session.api.has_answered:
                raise
            if not told:
                session.screen.aside(f"{failure} Trying again until it answers; Ctrl-C stops.")
                told = True
            time.sleep(max(interval, 1.0))
