"""Packages: installed as they are pinned, so that what was tested is what runs."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from console.doctor.finding import FAIL, OK, WARN, Finding
from console.stack.home import PROJECT

AREA = "packages"
OLDEST_PYTHON = (3, 12)
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
INSTALL = "pip install -r requirements.txt -c constraints.txt, then start web and workers again."


def examine() -> Iterator[Finding]:
    """Compare what is installed with what is pinned."""
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield Finding(AREA, FAIL, f"Python {running} is too old.", "Use Python 3.12 or newer.")
    needed = pins(PROJECT / "requirements.txt")
    if not needed:
        yield Finding(AREA, WARN, "requirements.txt is not there, so nothing can be compared.", INSTALL)
        return
    missing = sorted(name for name in needed if installed(name) is None)
    if missing:
        yield Finding(AREA, FAIL, f"Not installed: {', '.join(missing)}.", INSTALL)
    every = {**pins(PROJECT / "constraints.txt"), **needed}
    others = sorted(
        f"{name} {found} (pinned {wanted})"
        for name, wanted in every.items()
        if (found := installed(name)) is not None and found != wanted
    )
    if others:
        yield Finding(AREA, WARN, f"Not as pinned: {', '.join(others)}.", INSTALL)
    if not missing and not others:
        yield Finding(AREA, OK, f"Python {running}, all packages as pinned.")


def pins(file: Path) -> dict[str, str]:
    """Return the pinned versions in a requirements file; none where it is not there."""
    return dict(PIN.findall(file.read_text())) if file.is_file() else {}


def installed(name: str) -> str | None:
    """Return the installed version of a package; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
