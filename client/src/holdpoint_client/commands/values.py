"""Reading what stands behind options: JSON, labels, files, times."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from holdpoint_client.failures import usage


def json_object(text: str | None, option: str) -> dict[str, Any] | None:
    """Read a JSON object: the text itself, ``@FILE``, or ``-`` for standard input; None where left out.

    Raises:
        Failure: it is none.
    """
    if text is None:
        return None
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = read_file(Path(text[1:]), option).decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise usage(f"{option} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise usage(f'{option} must be a JSON object, such as {{"seconds": 2}}.')
    return value


def read_file(path: Path, option: str) -> bytes:
    """Return a file's content.

    Raises:
        Failure: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise usage(f"{option} {path}: {error.strerror}.") from None


def files_to_send(paths: list[Path]) -> list[tuple[str, bytes]]:
    """Return name and content of each file.

    Raises:
        Failure: one cannot be read, or two have one name.
    """
    names = [path.name for path in paths]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise usage(f"Two files are called {twice[0]}; a run tells its files apart by name.")
    return [(path.name, read_file(path, "--file")) for path in paths]


def labels(texts: list[str]) -> dict[str, str]:
    """Read labels, each ``name=value``.

    Raises:
        Failure: one has no ``=``.
    """
    parts = [text.partition("=") for text in texts]
    for name, equals, _ in parts:
        if not name or not equals:
            raise usage(f"--label {name}: write it as name=value.")
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
    except ValueError:
        raise usage(f"{option} {text[:40]!r} is no time. Write 2026-01-31T12:00 or 2026-01-31T12:00:00Z.") from None
