"""Lines of the record as the audit's list shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from console.pages.run_history import mention_of
from console.templatetags.wording import DOORS
from executions.authoring import registry
from executions.provenance.auditlines import AuditLine
from executions.provenance.shown import not_genuine


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line in words.

    Args:
        line: as found.
        mention: which step, file, answer or person it is about.
        altered: it does not give its digest, does not fit its neighbours, or does not say what its kind says.
    """

    line: AuditLine
    mention: str
    altered: bool

    @property
    def door(self) -> str:
        """Through which door it was done."""
        return DOORS.get(self.line.via, self.line.via)

    @property
    def command(self) -> str:
        """What was refused."""
        return str(self.line.data.get("command") or "command")


TELLING = ("title", "name", "text", "account", "factor", "outcome")
"""What a line's data may say of what it is about, the most telling first."""


def rows_of(lines: Iterable[AuditLine]) -> list[AuditRow]:
    """Put lines into words, and verify each.

    Args:
        lines: in the order in which they are shown.
    """
    lines = list(lines)
    bad = not_genuine((line.ledger, line.seq) for line in lines)
    return [AuditRow(line, _mention(line), line.unreadable or (line.ledger, line.seq) in bad) for line in lines]


def _mention(line: AuditLine) -> str:
    if line.refused:
        return ""
    workflow = registry.find(line.workflow) if line.workflow else None

    def title_of(name: Any) -> str:
        step = workflow.steps.get(name) if workflow and isinstance(name, str) else None
        return step.title if step else str(name or "the end").replace("_", " ")

    said = mention_of(line.kind, line.data, title_of)
    return said or next((str(line.data[key]) for key in TELLING if line.data.get(key)), "")
