"""What changed between two versions of a text file, line by line: for the page and for the API."""

import difflib
from collections import Counter
from dataclasses import dataclass

from executions import queries
from executions.models import Execution, RunFile

LARGEST = 256 * 1024
"""Bytes of a version; longer ones are to be downloaded and compared elsewhere."""
MOST_LINES = 2000
"""Lines of a comparison that are shown."""
MOST_WORK = 30_000_000
"""Comparisons of lines, at worst: some two seconds."""
COMMON_FROM = 200
"""Lines from which on difflib leaves out what fills more than a hundredth of them."""
KINDS = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff.

    Args:
        kind: ``added``, ``removed``, ``place`` or ``same``.
        text: with the sign it begins with.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FileDifference:
    """How two versions of a file differ.

    Args:
        trouble: why they cannot be compared; empty where they can.
        lines: those that differ, with three around them.
    """

    trouble: str = ""
    lines: tuple[DiffLine, ...] = ()

    @property
    def shown(self) -> tuple[DiffLine, ...]:
        """The lines up to a cap."""
        return self.lines[:MOST_LINES]

    @property
    def left_out(self) -> int:
        """How many more there are."""
        return len(self.lines) - len(self.shown)

    def count(self, kind: str) -> int:
        """Return how many lines are of a kind, those left out too."""
        return sum(line.kind == kind for line in self.lines)


def versions(execution: Execution, name: str, earlier: int | None, later: int | None) -> tuple[RunFile, RunFile]:
    """Return the two versions of a file that are to be compared.

    Args:
        execution: whose file.
        name: of the file.
        earlier: its number; the one before the later where None.
        later: its number; the newest where None.

    Raises:
        NotFound: there is no such file or version.
    """
    new = queries.file_content(execution, name, later)
    return queries.file_content(execution, name, earlier or max(new.version - 1, 1)), new


def compare(old: RunFile, new: RunFile) -> FileDifference:
    """Compare two versions line by line."""
    if max(old.size, new.size) > LARGEST:
        return FileDifference(
            f"These versions are too long to be compared here: over {LARGEST // 1024} KiB. Download both."
        )
    try:
        before, after = bytes(old.content).decode().splitlines(), bytes(new.content).decode().splitlines()
    except UnicodeDecodeError:
        return FileDifference("These versions are no text. Download both to compare them.")
    if work(before, after) > MOST_WORK:
        return FileDifference("These versions have too many lines to be compared here. Download both.")
    # Its first two lines are a head; a line of a file may look like them.
    found = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return FileDifference(lines=tuple(DiffLine(KINDS.get(line[:1], "same"), line) for line in found))


def work(before: list[str], after: list[str]) -> int:
    """Return how many comparisons difflib makes at worst: of all like lines, anew for every stretch that stayed."""
    here, there = Counter(before), Counter(after)
    common = len(after) // 100 + 1 if len(after) >= COMMON_FROM else len(after)
    alike = sum(number * there[line] for line, number in here.items() if there[line] <= common)
    return (len(before) + alike) * min(len(before), len(after))
