"""Server-Sent Events as text. Source: the HTML standard, section 9.2."""

import json
import random

from console.api.event_shapes import streamed_event
from executions.queries.tail import Line

RETRY_MS = (1000, 3000)
"""When an EventSource comes back; spread, because after a restart all of them do."""


class Told:
    """One event as it goes over the wire, written once for all streams that tell it.

    Args:
        line: the event.
        place: the id it has in the stream of all events.
    """

    __slots__ = ("line", "place", "size", "text")

    def __init__(self, line: Line, place: str = "") -> None:
        self.line = line
        self.place = place
        self.text = f"data: {streamed_event(line).model_dump_json()}\n\n"
        self.size = len(self.text)


def opening(place: str) -> str:
    """Write the beginning of a stream: where it is, so that whoever is cut at once knows where to go on."""
    return f"retry: {random.randint(*RETRY_MS)}\n: open\nid: {place}\n\n"  # noqa: S311  (spreads reconnections)


def event(place: str, told: Told) -> str:
    """Write an event with its id."""
    return f"id: {place}\n{told.text}"


def heartbeat(place: str) -> str:
    """Write a sign of life, which also moves the client on past what its filter leaves out."""
    return f": still here\nid: {place}\n\n"


def closing(reason: str, detail: str) -> str:
    """Write why no more will come."""
    return f"event: close\ndata: {json.dumps({'reason': reason, 'detail': detail}, ensure_ascii=False)}\n\n"
