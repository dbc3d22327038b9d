"""Reading what stands behind options: JSON, labels, files, times."""

import json
import math
import os
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from holdpoint_client.failures import usage

AMOUNT = r"([0-9]+(?:\.[0-9]+)?)"
LENGTH = re.compile(f"(?:{AMOUNT}d)?(?:{AMOUNT}h)?(?:{AMOUNT}m)?(?:{AMOUNT}s?)?")
UNITS = (86400, 3600, 60, 1)
"""Seconds of a day, an hour, a minute, a second."""
LONGEST = 100 * 366 * 86400
"""Seconds; no time so far away can be meant."""


def json_object(text: str | None, option: str) -> dict[str, Any] | None:
    """Read a JSON object: the text itself, ``@FILE``, or ``-`` for standard input; None where left out.

    Raises:
        Failure: it is none.
    """
    if text is None:
        return None
    value = json_value(text, option)
    if not isinstance(value, dict):
        raise usage(f'{option} must be a JSON object, such as {{"seconds": 2}}.')
    return value


def json_value(text: str, option: str) -> Any:
    """Read any JSON value, given as for ``json_object``."""
    if text == "-":
        content = sys.stdin.buffer.read()
    elif text.startswith("@"):
        content = read_file(Path(text[1:]), option)
    else:
        content = os.fsencode(text)
    try:
        return parsed(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise usage(f"{option} is not written in UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise usage(f"{option} is not JSON: {error}.") from None


def parsed(text: str) -> Any:
    """Return the JSON value that a text is.

    Raises:
        ValueError: it is none, or holds a number that JSON cannot send; Python would read NaN and 1e999.
    """
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is no number of JSON")
    return number


def read_file(path: Path, option: str) -> bytes:
    """Return a file's content.

    Raises:
        Failure: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise usage(f"{option} {path}: {error.strerror}.") from None


def files_to_send(paths: list[Path]) -> list[tuple[str, str, bytes]]:
    """Return part, name and content of each file that a run is launched with.

    Raises:
        Failure: one cannot be read, or two have one name.
    """
    names = [path.name for path in paths]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise usage(f"Two files are called {twice[0]}; a run tells its files apart by name.")
    return [("files", path.name, read_file(path, "--file")) for path in paths]


def labels(texts: list[str], option: str = "--label") -> dict[str, str]:
    """Read labels, each ``name=value``.

    Raises:
        Failure: one has no ``=``.
    """
    parts = [text.partition("=") for text in texts]
    for name, equals, _ in parts:
        if not name or not equals:
            raise usage(f"{option} {name}: write it as name=value.")
    return {name: value for name, _, value in parts}


def moment(text: str | None, option: str) -> str | None:
    """Read a time of day and date; one without a zone is of this machine's.

    Returns:
        The time with its zone, as the API wants it.

    Raises:
        Failure: it is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise usage(f"{option} {text[:40]!r} is no time. Write 2026-01-31T12:00 or 2026-01-31T12:00:00Z.") from None


def seconds(text: str, option: str) -> float:
    """Read a length of time: ``90``, ``90s``, ``15m``, ``2h30m``, ``1d``.

    Raises:
        Failure: it is none.
    """
    found = LENGTH.fullmatch(text.strip().lower())
    if not found or not any(found.groups()):
        raise usage(f"{option} {text[:40]!r} is no length of time. Write 90s, 15m, 2h30m or 1d.")
    total = sum(float(part) * unit for part, unit in zip(found.groups(), UNITS, strict=True) if part)
    if total > LONGEST:
        raise usage(f"{option} {text[:40]} is too long: 100 years at most.")
    return total


def is_length(text: str) -> bool:
    """Tell whether a text is a length of time rather than a time of day and date."""
    return bool(LENGTH.fullmatch(text.strip().lower()))


def since(text: str, option: str) -> str | None:
    """Read a time, or how long ago it was; None where left out."""
    if not text:
        return None
    if is_length(text):
        return (datetime.now().astimezone() - timedelta(seconds=seconds(text, option))).isoformat()
    return moment(text, option)


def ahead(text: str, option: str) -> str | None:
    """Read a time, or how far away it is; None where left out."""
    if not text:
        return None
    if is_length(text):
        return (datetime.now().astimezone() + timedelta(seconds=seconds(text, option))).isoformat()
    return moment(text, option)


def conditions(until: str, cron: str, zone: str, event: str, match: str | None, webhook: bool, signed: bool) -> Any:
    """Return what releases a hold by itself, as the API takes it; None where only people do.

    Args:
        until: a time, or a length of time from now.
        cron, zone: a cron expression and its time zone.
        event, match: name of an event, and the JSON its data must contain.
        webhook: whether a token is given out.
        signed: whether only signed calls of it count.

    Raises:
        Failure: one of them cannot be read, or lacks what it belongs to.
    """
    found: list[dict[str, Any]] = []
    if until:
        found.append(
            {"after_seconds": seconds(until, "--until")} if is_length(until) else {"at": moment(until, "--until")}
        )
    if cron:
        found.append({"cron": cron, **({"timezone": zone} if zone else {})})
    elif zone:
        raise usage("--timezone belongs to --until-cron.")
    if event:
        found.append({"event": event, "match": json_object(match, "--match") or {}})
    elif match:
        raise usage("--match belongs to --until-event.")
    if signed:
        found.append({"webhook": {"signed": True}})
    elif webhook:
        found.append({"webhook": True})
    return found or None
