"""The pace of the tests' workflows: a step takes its time, or less where its test lets it go on.

A test that acts upon running work gives it far more time than any machine needs, acts, and then lets it go on. So it
neither races the clock nor waits for it.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONG = 60
"""Seconds that a step takes whose test lets it go on. Not for ever: a test that fails must not keep a worker."""


def go_on(run: Any, *parts: str) -> None:
    """Let a run's work take no more time from now on.

    Args:
        run: an execution.
        parts: steps or items of it, by the names under which they are done; all of them where none is named.
    """
    for part in parts or ("",):
        told = _told(run.pk, part)
        told.parent.mkdir(parents=True, exist_ok=True)
        told.touch()


def take(execution_id: Any, part: str, seconds: float, look_up: Callable[[], None] = lambda: None) -> None:
    """Take so long for a part of a run's work, unless the test lets it go on.

    Args:
        execution_id: the run.
        part: the step or item.
        seconds: how long at most.
        look_up: called all the while.
    """
    if seconds <= 0:
        return
    told = _told(execution_id), _told(execution_id, part)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not any(file.exists() for file in told):
        look_up()
        time.sleep(min(0.01, seconds))


def _told(execution_id: Any, part: str = "") -> Path:
    return Path(os.environ["HOLDPOINT_HOME"]) / "pace" / f"{execution_id} {part}".strip()
