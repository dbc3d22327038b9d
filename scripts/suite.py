"""Run the tests: ``python -m scripts.suite [pytest's arguments]``.

All of them, in three parts: those that are rolled back and those with real workers in as many processes as there are
processors (four at most), each with services of its own, since most tests wait for something; then those that drive a
browser, one after the other, because they look at the clock. With arguments: what these choose, in one process.

Real workers, signals and browsers share a machine with whatever else runs on it. Files in which a test failed are run
once more, alone; what fails again fails, and what does not is named at the end, so that nobody takes it for certain.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MANY = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (("rolled_back", MANY), ("live", MANY), ("browser", ()))
MOST_FILES_AGAIN = 6
"""With more of them it is not the machine."""
FAILED = 1
"""pytest's exit status for tests that ran and failed, all others but 0 being errors of another kind."""


def main(arguments: list[str]) -> int:
    """Run the tests and return pytest's exit status: 0 where all passed, some of them perhaps at the second time.

    Args:
        arguments: passed on to pytest; none runs everything.
    """
    if arguments:
        return _pytest(*arguments)
    outcome, uncertain = 0, []
    for kind, how in PARTS:
        status, failed = _part(kind, *how)
        files = sorted({name.partition("::")[0] for name in failed})
        if status == FAILED and 0 < len(files) <= MOST_FILES_AGAIN:
            print(f"\nOnce more, alone: {' '.join(files)}", flush=True)
            status, failed_again = _part(kind, *files)
            uncertain += [name for name in failed if name not in failed_again]
        outcome = outcome or status
    for name in uncertain:
        print(f"UNCERTAIN {name}: failed among others, passed alone")
    return outcome


def _part(kind: str, *more: str) -> tuple[int, list[str]]:
    """Run the tests of a kind and return pytest's exit status and the names of those that failed."""
    with tempfile.TemporaryDirectory(prefix="holdpoint-suite-") as cache:
        status = _pytest("-o", f"cache_dir={cache}", "-m", kind, *more)
        failed = Path(cache, "v", "cache", "lastfailed")
        return status, list(json.loads(failed.read_text())) if failed.exists() else []


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
