"""Lines of histories as people read them."""

from typing import Any

from rich.text import Text

from holdpoint_client.words import clean, clock, padded

type Document = dict[str, Any]


def event_line(event: Document, width: int) -> Text:
    """Draw one event of a history: when, what, who and through which door; why, below where there is no room beside."""
    who = f"{clean(event['actor']['name'])} via {clean(event['via'])}"
    text = Text.assemble(
        (f"{event['seq']:>4}  {clock(event['at'])}  ", "dim"),
        (f"{clean(event['kind']):<26}  ", "bold"),
        padded(who, 30),
    )
    data = event["data"] if isinstance(event["data"], dict) else {}
    about = ": ".join(str(data[name]) for name in ("step", "text") if data.get(name))
    why = Text(clean(event["reason"])) if event["reason"] else Text(clean(about), "dim")
    if not why:
        return text
    beside = text.cell_len + 2 + why.cell_len <= width
    return Text.assemble(text, "  " if beside else "\n      ", why)
