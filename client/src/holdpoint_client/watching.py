"""Following a run until it ends: redrawn in place on a terminal, a line per change elsewhere."""

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
from holdpoint_client.views.history import event_line
from holdpoint_client.views.runs import FINISHED, run_block, runs_table

type Document = dict[str, Any]


def watch_run(session: Session, run_id: str, interval: float) -> None:
    """Show a run until it has finished.

    Args:
        session: this invocation.
        run_id: its whole id.
        interval: seconds between two looks.

    Raises:
        Failure: the run cannot be read at all. A server that is away later on is waited for.
    """
    screen = session.screen
    if screen.as_json or not screen.out.is_terminal:
        for run in _changes(session, run_id, interval):
            if screen.as_json:
                screen.document(run, line=True)
            else:
                screen.show(runs_table([run], screen.width))
        return
    first = session.api.get(f"/async-executions/{run_id}")
    with Live(run_block(first), console=screen.out, auto_refresh=False) as live:
        for run in _looks(session, run_id, interval):
            # Ages grow even while nothing changes, so every look is drawn.
            live.update(run_block(run), refresh=True)


def watch_list(session: Session, read: Callable[[], Document], draw: Draw, empty: str, interval: float) -> None:
    """Keep a list on the screen as it changes, until Ctrl-C; elsewhere print it anew at every change.

    Args:
        session: this invocation.
        read: reads a page.
        draw: makes a table of its items.
        empty: what to say where there are none.
        interval: seconds between two looks.

    Raises:
        Failure: it cannot be read at all.
    """
    screen = session.screen
    if screen.as_json or not screen.out.is_terminal:
        seen: Any = None
        while True:
            page = _patiently(session, lambda api: read(), interval)
            if page != seen:
                seen = page
                if screen.as_json:
                    screen.document(page, line=True)
                else:
                    screen.page(page, draw, empty)
            time.sleep(interval)

    def drawn(page: Document) -> RenderableType:
        # What does not fit would be scrolled away and drawn again at every look.
        room = max(screen.out.height - 2, 1)
        return draw(page["items"][:room], screen.width) if page["items"] else Text(empty, "dim")

    with Live(drawn(read()), console=screen.out, auto_refresh=False, screen=False) as live:
        while True:
            time.sleep(interval)
            live.update(drawn(_patiently(session, lambda api: read(), interval)), refresh=True)


def follow_events(session: Session, run_id: str, after: int, interval: float) -> None:
    """Print a run's events as they come, until it has finished; arguments as for ``watch_run``."""
    at = after
    while True:
        run = _look(session, run_id, interval)
        for event in _news(session, run_id, at, interval):
            print_event(session, event)
            at = event["seq"]
        if run["state"] in FINISHED:
            return
        time.sleep(interval)


def print_event(session: Session, event: Document) -> None:
    """Print one event on a line of its own."""
    if session.screen.as_json:
        session.screen.document(event, line=True)
    else:
        session.screen.show(event_line(event, session.screen.width))


def _changes(session: Session, run_id: str, interval: float) -> Iterator[Document]:
    seen: Any = None
    for run in _looks(session, run_id, interval):
        now = (run["version"], run["state"], run["steps_done"], run["progress"], run["open_suspensions"])
        if now != seen:
            seen = now
            yield run


def _looks(session: Session, run_id: str, interval: float) -> Iterator[Document]:
    while True:
        run = _look(session, run_id, interval)
        yield run
        if run["state"] in FINISHED:
            return
        time.sleep(interval)


def _look(session: Session, run_id: str, interval: float) -> Document:
    return _patiently(session, lambda api: api.get(f"/async-executions/{run_id}"), interval)


def _news(session: Session, run_id: str, after: int, interval: float) -> list[Document]:
    return _patiently(session, lambda api: list(api.events(run_id, after)), interval)


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
