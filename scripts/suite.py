"""Run the tests: ``python -m scripts.suite [pytest's arguments]``.

All of them, in three parts: those that are rolled back and those with real workers in as many processes as there are
processors (four at most), each with services of its own, since most tests wait for something; then those that drive a
browser, one after the other, because they look at the clock. With arguments: what these choose, in one process.

Real workers, signals and browsers share a machine with whatever else runs on it. Files in which a test failed are run
once more, alone; what fails again fails, and what does not is named at the end, so that nobody takes it for certain.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

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
    with tempfile.TemporaryDirectory(prefix="holdpoint-suite-") as directory:
        names = Path(directory, "failed")
        status = _pytest("-p", "scripts.suite", "--names-of-failed", str(names), "-m", kind, *more)
        return status, names.read_text().splitlines() if names.exists() else []


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def pytest_addoption(parser: pytest.Parser) -> None:
    """Be a plugin of pytest that tells what failed: its own memory knows nothing of tests that were never begun."""
    parser.addoption("--names-of-failed", help="file to write the names of tests and files to that did not pass")


def pytest_configure(config: pytest.Config) -> None:
    """Listen where tests are handed out: that process hears of all of them."""
    names = config.getoption("--names-of-failed")
    if names and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failed(Path(names)))


class Failed:
    """Writes down what failed, be it a test or a file that cannot be read, and what an early end left undone.

    Args:
        names: the file.
    """

    def __init__(self, names: Path) -> None:
        self._names = names
        self._failed: list[str] = []
        self._chosen: list[str] = []
        self._done: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._chosen = [item.nodeid for item in session.items]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._chosen = list(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._failed += [report.nodeid] * report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed += [report.nodeid] * report.failed
        if report.when == "teardown":
            self._done.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        left = [name for name in self._chosen if name not in self._done]
        self._names.write_text("".join(f"{name}\n" for name in dict.fromkeys(self._failed + left)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
