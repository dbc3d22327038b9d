"""What an audit search takes and gives."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from executions.models import SYSTEM_LEDGER
from executions.provenance.digests import ledger_name
from executions.provenance.kinds import KINDS, REFUSED_KINDS
from executions.provenance.reading import read

SHOWN_CHARACTERS = 4000
"""Data longer than this are cut in a list; ``audit.find_line`` has them all."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines.

    Args:
        person: printed name or a part of it, or an actor's id such as ``user:7`` or ``worker:host-1``.
        kind: a kind such as ``hold.placed``, or a family such as ``hold``.
        run: a run's id, at least the first eight digits of one, or ``system``.
        workflow: only lines of this workflow's runs.
        since: from this time on (aware).
        until: before this time (aware).
        text: words of the reason, or of the sentence a refusal was given with; the last letters may be missing.
        via: the door: console, api, cli, webhook, engine.
        refused: only attempts that were refused.
        routine: also what the engine wrote by itself. Without it only acts of people and programs are listed, unless
            ``kind``, ``person`` or ``via`` ask for something definite; of one ``run`` the rare lines are listed too.
    """

    person: str = ""
    kind: str = ""
    run: str = ""
    workflow: str = ""
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    text: str = ""
    via: str = ""
    refused: bool = False
    routine: bool = False


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line as a list shows it.

    Args:
        ledger: the run's id, or ``SYSTEM_LEDGER``.
        seq: number in the ledger.
        at: database time.
        kind: such as ``hold.placed``.
        actor_id, actor_name, actor_role, via, reason: as stored.
        data_text: exact JSON text, cut after ``SHOWN_CHARACTERS``.
        digest: the line's digest, hexadecimal.
        run_title: what people call the run; empty for the system ledger.
        workflow: the run's workflow; empty for the system ledger.
    """

    ledger: uuid.UUID
    seq: int
    at: datetime.datetime
    kind: str
    actor_id: str
    actor_name: str
    actor_role: str
    via: str
    reason: str
    data_text: str
    digest: str
    run_title: str = ""
    workflow: str = ""

    @property
    def title(self) -> str:
        """What people read instead of the kind."""
        return KINDS[self.kind].title if self.kind in KINDS else self.kind

    @property
    def of_system(self) -> bool:
        """It concerns no single run."""
        return self.ledger == SYSTEM_LEDGER

    @property
    def ledger_name(self) -> str:
        """``system`` or the run's id."""
        return ledger_name(self.ledger)

    @property
    def refused(self) -> bool:
        """It tells of an attempt that changed nothing."""
        return self.kind in REFUSED_KINDS

    @property
    def data_cut(self) -> bool:
        """The data are longer than what is shown."""
        return len(self.data_text) > SHOWN_CHARACTERS

    @property
    def data(self) -> dict[str, Any]:
        """The decoded data; empty where they were cut, or where somebody altered them."""
        return {} if self.data_cut else read(self.kind, self.data_text) or {}

    @property
    def unreadable(self) -> bool:
        """Its data are not those of its kind."""
        return not self.data_cut and read(self.kind, self.data_text) is None
