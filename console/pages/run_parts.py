"""The parts of a run's page: where each stands, and what must change before it is rendered again."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from console.pages.run_page import RunPage

TOP, FOOT = ("head", "commands", "error", "timeline"), ("history",)
MAIN, SIDE = ("questions", "steps", "children", "payload", "amend"), ("holds", "files")
ROOMY = ("payload", "amend")
"""Parts that stand in the narrower column where that has room."""
PARTS = TOP + MAIN + SIDE + FOOT

TIMELINE_SECONDS, CHILDREN_SECONDS = 20, 3
"""What shows how long something lasts, or other runs, is looked at again after so long."""


def places_of(run: RunPage) -> dict[str, tuple[str, ...]]:
    """Return which parts stand where; without files and with few holds the narrower column has room for more.

    Decided once, when the page is loaded: no part moves while somebody looks at it.
    """
    if run.files or run.open_holds > 1:
        return {"top": TOP, "main": MAIN, "side": SIDE, "foot": FOOT}
    steps = ("steps",) if run.open_questions else ()
    # A question without its form is short: the payload keeps its place under it.
    roomy = () if steps and not run.answerable else ROOMY
    main = tuple(name for name in MAIN if name not in steps + roomy)
    side = (*steps, *SIDE, *roomy)
    return {"top": TOP, "main": main, "side": side, "foot": FOOT}


def keys_of(run: RunPage) -> dict[str, str]:
    """Return, by part, what changes when the part may have changed.

    It costs little: the run's row, freezes and its tree. A key that stays promises that nothing has changed; one that
    changes promises nothing. So a part that forgets a fact here would stay old, and one that names too many is only
    rendered for nothing.
    """
    return {name: _digest(_FACTS.get(name, _all)(run)) for name in PARTS}


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()[:12]


def _told(run: RunPage) -> list[Any]:
    """How the run stands, and who looks: his rights decide what is offered."""
    asked = {name: run.request.GET[name] for name in ASKED if name in run.request.GET}
    return [run.execution.version, run.last_told, run.actor.id, sorted(run.actor.scopes), asked]


ASKED = ("replace", "stop")
"""Words of the query that open a form."""


def _around(run: RunPage) -> list[Any]:
    """Freezes and the family."""
    freezes = [(freeze.pk, freeze.lifting_since, freeze.lifted_at) for freeze in run.freezes]
    return [freezes, run.tree.counts, [(busy.id, busy.state, busy.step) for busy in run.tree.draining]]


def _all(run: RunPage) -> list[Any]:
    return [_told(run), _around(run), run.execution.progress]


def _timeline(run: RunPage) -> list[Any]:
    return [_told(run), _around(run), run.shown_part, time.time() // TIMELINE_SECONDS]


def _children(run: RunPage) -> list[Any]:
    return [_told(run), _around(run), time.time() // CHILDREN_SECONDS if run.tree.unfinished else None]


def _payload(run: RunPage) -> list[Any]:
    row = run.execution
    return [run.payload_digest, row.next_step, row.owner is not None, row.outcome, row.open_suspensions]


def _history(run: RunPage) -> list[Any]:
    return [run.last_line, run.history.query]


_FACTS: dict[str, Callable[[RunPage], Any]] = {
    "error": _told,
    "timeline": _timeline,
    "children": _children,
    "payload": _payload,
    "amend": _told,
    "files": _told,
    "history": _history,
}
