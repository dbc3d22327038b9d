"""Lines of histories as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from holdpoint_client.words import clean, padded, stamp

type Document = dict[str, Any]

KIND, NARROW_KIND, WHO = 26, 18, 30
"""Columns of the screen."""
ROOMY = 110
"""Columns from which on all lines stand in line."""


def event_line(event: Document, width: int) -> RenderableType:
    """Draw one event of a history: when, what, who and through which door; why, below where there is no room beside."""
    return _line(event, width, f"{event['seq']:>4}  {stamp(event['at'])}  ")


def stream_line(event: Document, width: int) -> RenderableType:
    """Draw one event of all runs: when, which run, what, who; why, as in ``event_line``."""
    run = event["run"][:18] if event["run"] else "system"
    return _line(event, width, f"{stamp(event['at'])}  {padded(run, 18)}  ")


def _line(event: Document, width: int, head: str) -> RenderableType:
    who = f"{clean(event['actor']['name'])} via {clean(event['via'])}"
    kind, beside = (KIND, padded(who, WHO)) if width >= ROOMY else (NARROW_KIND, who)
    text = Text.assemble((head, "dim"), (padded(clean(event["kind"]), kind), "bold"), "  ", beside)
    data = event["data"] if isinstance(event["data"], dict) else {}
    about = ": ".join(str(data[name]) for name in ("step", "text") if data.get(name))
    why = Text(clean(event["reason"])) if event["reason"] else Text(clean(about), "dim")
    if not why:
        text.rstrip()
        return text
    if text.cell_len + 2 + why.cell_len <= width:
        return Text.assemble(text, "  ", why)
    text.rstrip()
    return Group(text, Padding(why, (0, 0, 0, 6)))
