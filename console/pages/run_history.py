"""The lines of a run's history in words."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from console import moments
from console.templatetags import wording
from executions.authoring.who import Who
from executions.models import Event
from executions.provenance.kinds import KINDS, REFUSED_KINDS
from executions.provenance.reading import ALTERED, decoded, read

SHOWN_CHARACTERS = 3000
TONES = {
    "hold.placed": "hold",
    "hold.released": "hold",
    "hold.handed_over": "hold",
    "hold.overdue": "bad",
    "execution.paused": "hold",
    "freeze.applied": "hold",
    "command.denied": "bad",
    "command.denials_counted": "bad",
    "step.failed": "bad",
    "execution.failed": "bad",
    "clean_up.failed": "bad",
    "lease.expired": "bad",
    "execution.cancel_requested": "bad",
    "execution.succeeded": "good",
    "suspension.answered": "good",
    "trigger.late": "bad",
    "suspension.escalated": "bad",
    "suspension.expired": "bad",
    "item.failed": "bad",
    "sla.breached": "bad",
    "budget.exceeded": "bad",
}
MENTIONED = {
    "hold.placed": lambda data, title: _hold(data, title),
    "hold.released": lambda data, title: f"{data.get('kind', '')} hold",
    "step.finished": lambda data, title: _finished(data, title),
    "step.failed": lambda data, title: f"{title(data.get('step'))}: {data.get('message') or data.get('type', '')}",
    "step.discarded": lambda data, title: title(data.get("step")),
    "step.logged": lambda data, title: data.get("text", ""),
    "clean_up.failed": lambda data, title: data.get("message", ""),
    "lease.acquired": lambda data, title: title(data.get("step")),
    "lease.expired": lambda data, title: title(data.get("step")),
    "execution.paused": lambda data, title: f"in {title(data['step'])}" if data.get("step") else "",
    "freeze.applied": lambda data, title: f"before {title(data['step'])}" if data.get("step") else "",
    "execution.yielded": lambda data, title: _yielded(data, title),
    "execution.retried": lambda data, title: _retried(data, title),
    "execution.forked": lambda data, title: f"after line {data.get('from_seq', '')}, at {title(data.get('step'))}",
    "step.skipped": lambda data, title: title(data.get("step")),
    "hold.handed_over": lambda data, title: f"to {data.get('to', '')}",
    "hold.overdue": lambda data, title: f"{data.get('kind', '')} hold",
    "execution.failed": lambda data, title: f"in {title(data.get('step'))}",
    "payload.amended": lambda data, title: ", ".join(data.get("changes") or {}),
    "file.replaced": lambda data, title: f"{data.get('name', '')}, version {data.get('version', '')}",
    "suspension.opened": lambda data, title: data.get("title", ""),
    "suspension.voted": lambda data, title: f"{data.get('approvals', '')} of {data.get('needed', '')}",
    "suspension.reminded": lambda data, title: data.get("key", ""),
    "suspension.escalated": lambda data, title: Who.of_json(data.get("who")).sentence(),
    "suspension.answered": lambda data, title: _answer(data),
    "tool.executed": lambda data, title: data.get("tool", ""),
    "children.launched": lambda data, title: _launched(data),
    "item.failed": lambda data, title: f"{data.get('key', '')}: {data.get('what', '')}",
    "sla.extended": lambda data, title: f"by {wording.duration(data.get('seconds') or 0)}",
    "budget.exceeded": lambda data, title: data.get("budget", ""),
    "budget.extended": lambda data, title: ", ".join(data.get("budgets") or {}),
    "trigger.set": lambda data, title: _condition(data),
    "trigger.fired": lambda data, title: data.get("kind", ""),
    "trigger.late": lambda data, title: data.get("kind", ""),
    "command.denied": lambda data, title: data.get("command", ""),
}  # type: dict[str, Callable[[dict[str, Any], Callable[[Any], str]], str]]
"""Kind → what the line itself says of its data; the rest can be unfolded."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event as the page shows it.

    Args:
        event: the stored line.
        title: what happened.
        mention: which step, file or answer.
        data: its data as indented JSON, cut where long.
        cut: not all of the data is shown.
        tone: ``hold``, ``bad``, ``good`` or empty.
        by: ``person`` for people and programs, ``engine`` for the engine itself.
        door: which door was used, in words; empty for the engine.
        bulk: id of the bulk job it was done for; empty where it was done by itself.
    """

    event: Event
    title: str
    mention: str
    data: str
    cut: bool
    tone: str
    by: str
    door: str
    bulk: str = ""

    @property
    def refused(self) -> bool:
        """Something was refused here, and changed nothing."""
        return self.event.kind in REFUSED_KINDS


def lines_of(events: list[Event], title: Callable[[Any], str]) -> list[Line]:
    """Put events into words.

    Args:
        events: in the order in which they are shown.
        title: step name → what people read.
    """
    return [_line(event, title) for event in events]


def _line(event: Event, title: Callable[[Any], str]) -> Line:
    told: str = getattr(event, "told", None) or event.data
    whole = len(told) == getattr(event, "size", len(told))
    data = decoded(told)
    # Of long data only the short fields are here: of the others nothing can be said.
    readable = read(event.kind, told, None if whole else ()) is not None
    text = json.dumps(data, indent=2, ensure_ascii=False) if data else ""
    kind = KINDS.get(event.kind)
    return Line(
        event=event,
        title=_waiting(event.kind, data) or (kind.title if kind else event.kind),
        mention=mention_of(event.kind, data, title) if readable else ALTERED,
        data=text[:SHOWN_CHARACTERS],
        cut=not whole or len(text) > SHOWN_CHARACTERS,
        tone=TONES.get(event.kind, "") if readable else "bad",
        by="engine" if event.via == "engine" else "person",
        door=wording.THROUGH.get(event.via, ""),
        bulk=_bulk_job(data),
    )


def _bulk_job(data: Any) -> str:
    try:
        return str(uuid.UUID(data["bulk"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""


def mention_of(kind: str, data: Any, title: Callable[[Any], str]) -> str:
    """Return which step, file or answer a line is about, in a few words; empty where nothing is said of its kind.

    Args:
        kind: of the line.
        data: what ``reading.read`` gave for it.
        title: step name → what people read.
    """
    mention = MENTIONED.get(kind)
    return str(mention(data, title))[:500] if mention and isinstance(data, dict) else ""


def _hold(data: dict[str, Any], title: Callable[[Any], str]) -> str:
    before = f", before {title(data['before_step'])}" if data.get("before_step") else ""
    return f"{'pause' if data.get('kind') == 'operator' else data.get('kind', '') + ' hold'}{before}"


def _launched(data: dict[str, Any]) -> str:
    children = data.get("children") or {}
    keys = list(children)
    return f"{', '.join(map(str, keys[:3]))}{f' and {len(keys) - 3:,} more' if len(keys) > 3 else ''}"


def _finished(data: dict[str, Any], title: Callable[[Any], str]) -> str:
    took = f" in {wording.duration(data['ms'] / 1000)}" if isinstance(data.get("ms"), int | float) else ""
    attempt = f", attempt {data['attempt']}" if data.get("attempt", 1) != 1 else ""
    return f"{title(data.get('step'))}{took}{attempt}"


def _retried(data: dict[str, Any], title: Callable[[Any], str]) -> str:
    anew = ", all of it again" if data.get("again") else ""
    return f"at {title(data.get('step'))}{anew}"


def _yielded(data: dict[str, Any], title: Callable[[Any], str]) -> str:
    where = f"in {title(data['step'])}" if data.get("step") else ""
    return f"{where} ({data['because']})" if data.get("because") else where


def _waiting(kind: str, data: Any) -> str:
    """Say what became of a wait for no person; empty where a person is asked."""
    if not isinstance(data, dict) or data.get("kind") not in ("event", "time", "children"):
        return ""
    return {
        "suspension.opened": "Waits",
        "suspension.answered": "Wait over",
        "suspension.expired": "Waited in vain",
    }.get(kind, "")


def _answer(data: dict[str, Any]) -> str:
    answer = data.get("answer")
    if not isinstance(answer, dict):
        return ""
    said = [
        f"{name}: {value}" for name, value in answer.items() if isinstance(value, str | int | float) and value != ""
    ]
    return ", ".join(said)


def _condition(data: dict[str, Any]) -> str:
    moment = moments.typed(str(data.get("due_at") or ""))
    due = wording.exact(moments.local(moment)) if moment else "–"
    return {
        "time": f"at {due}",
        "cron": f"at {due}, by cron {data.get('cron', '')}",
        "event": f"event {data.get('event', '')}",
    }.get(str(data.get("kind")), "webhook")
