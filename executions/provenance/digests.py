"""The digest of one line, in Python. Definition: docs/reference/event-chain.md."""

import datetime
import hashlib
import uuid
from dataclasses import dataclass

from executions.models import SYSTEM_LEDGER


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chain as it is stored."""

    ledger: uuid.UUID
    seq: int
    at: str
    kind: str
    actor_id: str
    actor_name: str
    actor_role: str
    via: str
    reason: str
    data: str
    salt: bytes
    data_digest: bytes
    prev: bytes
    digest: bytes

    def recomputed(self, seq: int | None = None) -> bytes:
        """Compute the digest that the stored fields give.

        Args:
            seq: the number to assume instead of the stored one.

        Returns:
            32 bytes.
        """
        values = (
            ledger_name(self.ledger),
            str(self.seq if seq is None else seq),
            self.at,
            self.kind,
            self.actor_id,
            self.actor_name,
            self.actor_role,
            self.via,
            self.reason,
            self.data_digest.hex(),
            self.prev.hex(),
        )
        return hashlib.sha256(b"".join(frame(value) for value in values)).digest()

    @property
    def is_genuine(self) -> bool:
        """Tell whether the stored fields give the stored digest."""
        return self.recomputed() == self.digest

    @property
    def has_its_data(self) -> bool:
        """Tell whether salt and data give the stored data digest."""
        return hashlib.sha256(self.salt + self.data.encode()).digest() == self.data_digest


def ledger_name(ledger: uuid.UUID) -> str:
    """Return a ledger's name as digests and exports hold it."""
    return "system" if ledger == SYSTEM_LEDGER else str(ledger)


def time_text(at: datetime.datetime) -> str:
    """Return a time as digests and exports hold it: UTC, six decimals, ``Z``."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def frame(value: str) -> bytes:
    """Frame a text as a netstring: ``<byte length>:<bytes>,``."""
    raw = value.encode()
    return b"%d:%b," % (len(raw), raw)
