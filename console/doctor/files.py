"""Files: the home is private and has room, and style sheets and scripts are collected."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from console.doctor.database import is_unnamed
from console.doctor.finding import FAIL, OK, WARN, Finding
from console.stack.assets import digest_of_sources, stamp_of_collected

AREA = "files"
LITTLE, TOO_LITTLE = 2 * 1024**3, 200 * 1024**2
"""Bytes free where the home is; the embedded PostgreSQL writes there."""


def examine() -> Iterator[Finding]:
    """Look at the home and at the static files."""
    yield from of_home(settings.HOLDPOINT_HOME.path)
    yield from _static()


def of_home(home: Path) -> Iterator[Finding]:
    """Judge who may read the home, and its room.

    Args:
        home: the directory; one that was never made is as good as an empty one.
    """
    if not home.is_dir():
        yield Finding(AREA, OK, f"{home} is not there: nothing is kept in it.")
        return
    loose = sorted(path.name for path in home.iterdir() if path.is_file() and _open_to_others(path))
    if home.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        do = f"chmod go-w {home}"
        yield Finding(AREA, FAIL, f"Others may write into {home}, and put secrets of their own there.", do)
    if loose:
        do = f"chmod 600 {' '.join(str(home / name) for name in loose)}"
        yield Finding(AREA, FAIL, f"Others may read {', '.join(loose)} in {home}.", do)
    if home.stat().st_uid != os.geteuid():
        what = f"{home} belongs to another user than the one who runs this."
        yield Finding(AREA, WARN, what, "Run this as the user of the service.")
    free = shutil.disk_usage(home).free
    level = FAIL if free < TOO_LITTLE else WARN if free < LITTLE else OK
    what = f"{free / 1024**3:,.1f} GiB free at {home}."
    yield Finding(AREA, level, what, "" if level == OK else "Make room: a full disk stops every run.")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)) and not path.name.endswith((".lock", ".log"))


def _static() -> Iterator[Finding]:
    if settings.STATIC_FINDERS:
        yield Finding(AREA, OK, "Style sheets and scripts are served from their sources.")
        return
    if is_unnamed():
        yield Finding(AREA, OK, "Style sheets and scripts are collected when the stack starts.")
        return
    stamp = stamp_of_collected()
    if stamp is None:
        what = "Style sheets and scripts are not collected: pages cannot be shown."
        yield Finding(AREA, FAIL, what, "manage.py prepare")
    elif stamp != digest_of_sources():
        what = "Style sheets and scripts were collected from other sources than these."
        yield Finding(AREA, WARN, what, "manage.py prepare, then start the web again.")
    else:
        yield Finding(AREA, OK, "Style sheets and scripts are collected.")
