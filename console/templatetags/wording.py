"""Times, lengths and small drawings put into words and numbers; static/js/holdpoint.js tells times alike."""

from datetime import date, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400
RELATIVE = (("s", 1, 60), ("min", MINUTE, 60), ("h", HOUR, 24), ("d", DAY, 10**9))
"""Unit, its seconds, and how many of it are told in the next one. Rounded to the nearest: 89 d and 23 h are 90 d."""
DOORS = {"console": "Console", "api": "API", "cli": "Terminal", "webhook": "Webhook", "engine": "Engine"}
"""Door of an act → what it is called."""
THROUGH = {"console": "in the console", "api": "through the API", "cli": "in the terminal", "webhook": "by webhook"}
"""The same within a sentence; the engine's own acts came through no door."""
GATED = frozenset({"pausing", "paused", "suspended"})
RAIL_TICKS = 12
"""Up to so many steps get a tick each; a longer route is drawn as one bar."""


def relative(seconds: float) -> str:
    """Say how long ago something was.

    Args:
        seconds: seconds from then until now; negative for the future.
    """
    ahead, size = seconds < 0, abs(seconds)
    if size < 1:
        return "now"
    for unit, length, most in RELATIVE:  # noqa: B007  (of the last one whatever there is)
        number = int(size / length + 0.5)
        if number < most:
            break
    return f"in {number} {unit}" if ahead else f"{number} {unit} ago"


def exact(moment: datetime, today: date | None = None) -> str:
    """Say a moment exactly, in its own zone.

    Args:
        moment: an aware datetime.
        today: when given and equal to the moment's day, the day is left out.
    """
    if today == moment.date():
        return moment.strftime("%H:%M:%S %Z")
    return moment.strftime("%-d %b %Y %H:%M:%S %Z")


def duration(seconds: float) -> str:
    """Say a length of time with two units at most.

    Args:
        seconds: the length; negative lengths are shown as nought.
    """
    seconds = max(0.0, seconds)
    if 0 < seconds < 0.0005:
        return "< 1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for big, small, length, part in (("d", "h", DAY, HOUR), ("h", "min", HOUR, MINUTE), ("min", "s", MINUTE, 1)):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {big} {rest} {small}" if rest else f"{whole // length} {big}"
    return f"{whole} s"


def rail_shapes(done: int, total: int, state: str) -> dict[str, object]:
    """Compute the rectangles of a rail 72 units wide: ``ticks`` [(x, width, class)], ``gate`` x or None.

    Args:
        done: finished steps, at most ``total``.
        total: all steps.
        state: a gated state draws the gate after the last finished step.
    """
    width = 72.0
    here = state not in {"queued", "succeeded", "cancelled"} | GATED
    if 0 < total <= RAIL_TICKS:
        pitch = width / total
        kinds = ["done" if i < done else "here" if i == done and here else "ahead" for i in range(total)]
        ticks = [(round(i * pitch, 2), round(pitch - 2, 2), kind) for i, kind in enumerate(kinds)]
    else:
        reached = round(width * done / total, 2) if total else 0
        ticks = [(reached, round(width - reached, 2), "ahead"), (0, reached, "done")]
    gate = round(width * done / total - 1, 2) if state in GATED and total else None
    return {"ticks": ticks, "gate": gate}


def percent(part: int, whole: int) -> str:
    """Say a share in per cent; an en dash of nothing, and never a rounded 0 or 100 that is not one.

    Args:
        part: how many.
        whole: of how many.
    """
    if not whole:
        return "–"
    share = 100 * part / whole
    if part and share < 0.1:
        return "< 0.1 %"
    if part < whole and share > 99.9:
        return "> 99.9 %"
    return f"{share:.1f} %" if 0 < share < 10 else f"{share:.0f} %"
