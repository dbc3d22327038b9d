"""What pages say of bulk commands: the verb, what it will do, which runs were chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from console.pages.list_address import FILTERS, ListAddress, read_address
from executions import states
from executions.models import BulkJob
from executions.queries.bulk import BulkPreview

USUAL_RATE = 5
"""Runs a second that many a system bears well."""
PARAMETERS = {"states": "state", "text": "q", "hold_kind": "hold", "needs_person": "needs"}
"""Fields of a filter whose parameter in the list's address is called otherwise."""
NAMES = {"q": "search", "needs": "needs", "hold": "held", "launched_by": "launched by", "held_by": "held by"}
NAMES |= {"freeze": "kept by the freeze"}


@dataclass(frozen=True, slots=True)
class Words:
    """How one command is spoken of.

    Args:
        verb: as a button says it.
        doing: while it goes on.
        done: afterwards.
        icon: name of its icon.
        tone: class of its button.
    """

    verb: str
    doing: str
    done: str
    icon: str
    tone: str = "is-primary"


WORDS = {
    "pause": Words("Pause", "Pausing", "Paused", "pause", "is-hold"),
    "resume": Words("Resume", "Resuming", "Resumed", "play"),
    "cancel": Words("Cancel", "Cancelling", "Cancelled", "x-mark", "is-danger"),
    "retry": Words("Retry", "Retrying", "Retried", "arrow-path"),
    "place": Words("Hold", "Placing holds on", "Held", "hand-raised", "is-hold"),
    "label": Words("Label", "Labelling", "Labelled", "tag"),
    "release": Words("Release holds of", "Releasing holds of", "Released holds of", "play"),
}


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1,200 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def pace(runs: int) -> str:
    """Say what a rate is for, with how long a usual one takes for so many runs."""
    if runs / USUAL_RATE < 60:
        return "Empty: as fast as it goes. A number goes gradually."
    takes = f"{counted(runs, 'run')} take about {about(runs / USUAL_RATE)}"
    return f"Empty: as fast as it goes. At {USUAL_RATE} a second, {takes}."


def about(seconds: float) -> str:
    """Say a length of time roughly, with one unit."""
    if seconds < 60:
        return "a minute"
    unit, length = ("min", 60) if seconds < 5400 else ("h", 3600) if seconds < 172800 else ("d", 86400)
    return f"{round(seconds / length):,} {unit}"


def heading(job: BulkJob) -> str:
    """Say what a job does, or did."""
    words = WORDS[job.command]
    if job.is_open:
        return f"{words.doing} {counted(job.total, 'run')}"
    if job.done == job.total:
        return f"{words.done} {counted(job.total, 'run')}"
    return f"{words.done} {job.done:,} of {counted(job.total, 'run')}"


def consequence(preview: BulkPreview) -> list[str]:
    """Say what a command will do to the runs that can be given it, a sentence each."""
    busy = sum(preview.by_state.get(state, 0) for state in states.LEASED_STATES)
    told = {
        "pause": ["Each gets a hold of its own, and no further step of it starts."],
        "resume": ["Every hold in force on them is released; each goes on from where it was."],
        "cancel": ["They end for ever. What their steps have done stays done; each workflow's clean-up runs once."],
        "retry": ["Each goes on at the step that failed, with all its tries again."],
        "place": ["Each gets a compliance hold, which only a reviewer can release."],
        "label": ["Labels are set and removed as you say below; one that a run carries already stays as it is."],
        "release": ["Each goes on from where it was, unless another hold keeps it."],
    }[preview.act.name]
    if busy and preview.act.name in ("pause", "place"):
        told.append(f"{counted(busy, 'run')} being worked on: the current step finishes first.")
    below = preview.below
    if below.number:
        more = "+" if below.capped else ""
        told.append(f"It reaches {below.number:,}{more} unfinished runs below them as well.")
    return told


def chosen_by(job: BulkJob) -> list[tuple[str, str]]:
    """Say which runs a job was begun for, as pairs of a name and a value."""
    if "filter" in job.selector:
        return parts(list_address(job.selector["filter"]))
    if "job" in job.selector:
        return [("runs of", "an earlier bulk job")]
    return [("chosen", f"{counted(job.selector.get('ids', 0), 'run')}, one by one")]


def list_address(wanted: Mapping[str, Any]) -> ListAddress:
    """Return the list's address under a filter, as a job keeps it."""
    found = QueryDict(mutable=True)
    for name, value in wanted.items():
        sent = list(value) if isinstance(value, list | tuple) else ["1" if value is True else str(value)]
        found.setlist(PARAMETERS.get(name, name), sent)
    return read_address(found)


def parts(address: ListAddress) -> list[tuple[str, str]]:
    """Say what a filter selects, as pairs of a name and a value."""
    told: dict[str, str] = {}
    for name, value in address.parameters:
        if name in FILTERS:
            value = "a person" if name == "needs" else value
            name = NAMES.get(name, name.replace("_", " "))
            told[name] = f"{told[name]}, {value}" if name in told else value
    return list(told.items()) or [("", "Every run")]
