"""What a verification found."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from executions.provenance.diagnose import Problem
from executions.provenance.digests import time_text


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a verification saw of the whole record up to a moment, for the next one to compare with.

    Args:
        through: the moment; no line that old can appear later.
        events: lines up to then.
        ledgers: ledgers whose first line is that old.
        digest: sha256 over the digests of those lines in the order of ledger and seq, hexadecimal.
    """

    through: datetime.datetime
    events: int
    ledgers: int
    digest: str


@dataclass(slots=True)
class Verification:
    """The outcome of recomputing one chain or all of them.

    Args:
        ledger: the one that was asked for; None for all.
        ledgers: chains that were recomputed.
        events: lines that were recomputed.
        seconds: how long it took.
        problems: one for each broken ledger, ``verify.MOST_PROBLEMS`` at most.
        unnamed: broken ledgers beyond those.
        checkpoint: what the next verification compares with; only where all were verified.
        compared_with: number of the system's line that holds the earlier checkpoint this one was compared with.
    """

    ledger: uuid.UUID | None = None
    ledgers: int = 0
    events: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    unnamed: int = 0
    checkpoint: Checkpoint | None = None
    compared_with: int | None = None

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as ``audit.verified`` and the API carry it."""
        told: dict[str, Any] = {
            "outcome": "whole" if self.whole else "broken",
            "ledgers": self.ledgers,
            "events": self.events,
            "seconds": round(self.seconds, 3),
            "problems": [problem.as_dict() for problem in self.problems[:20]],
            "problem_count": len(self.problems) + self.unnamed,
            "compared_with": self.compared_with,
        }
        if self.checkpoint is not None:
            told["checkpoint"] = {
                "through": time_text(self.checkpoint.through),
                "events": self.checkpoint.events,
                "ledgers": self.checkpoint.ledgers,
                "digest": self.checkpoint.digest,
            }
        return told
