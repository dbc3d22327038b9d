"""The leases of this process: what people asked of the runs it is on, in memory."""

import threading
import time
from typing import Any

from executions.authoring.flow import Signal


class Lease:
    """This process's hold on one execution.

    ``signal`` is what ``check_paused`` reads. It is written by the Redis listener, the heartbeat and the shutdown
    handler; ``version`` keeps news that arrives late from overwriting newer news. Only the database is believed: what
    Redis says can raise a flag at once, but takes none down and cannot deafen a lease for longer than a heartbeat.
    """

    __slots__ = (
        "asked",
        "beat_at",
        "cleaning",
        "epoch",
        "execution_id",
        "frozen",
        "labels",
        "lock",
        "progress",
        "signal",
        "slice_ends",
        "stopping",
        "version",
        "waiting",
        "workflow",
    )

    def __init__(self, execution_id: str) -> None:
        self.execution_id = execution_id
        self.epoch: int | None = None
        self.version = -1
        self.workflow = ""
        self.labels: dict[str, Any] = {}
        self.signal: Signal | None = None
        self.asked: Signal | None = None
        self.frozen: Signal | None = None
        self.stopping: Signal | None = None
        self.cleaning = False
        self.waiting = False
        self.progress: dict[str, Any] | None = None
        self.beat_at = time.monotonic()
        self.slice_ends = float("inf")
        self.lock = threading.Lock()

    def hear(
        self,
        version: int,
        *,
        cancelling: bool,
        holds: int,
        reason: str = "",
        by: str = "",
        known: int | None = None,
    ) -> None:
        """Take in what the run's row says, unless newer news has been heard.

        Args:
            version: the execution's version the news tells of.
            cancelling: a cancel was requested.
            holds: open holds in force.
            reason: of the oldest hold.
            by: who placed it.
            known: the version heard before the row was read. Versions only grow, so a row below it proves that what
                was heard was never true.
        """
        with self.lock:
            untrue = known is not None and known == self.version and version < known
            if (version < self.version and not untrue) or (self.signal is not None and self.signal.kind == "lost"):
                return
            self.version = version
            if cancelling:
                self.asked = Signal("cancel", reason, by)
            else:
                self.asked = Signal("pause", reason, by) if holds else None
            self._raise()

    def freeze(self, frozen: Signal | None) -> None:
        """Take in whether a freeze stops the run, as the database says.

        Args:
            frozen: kind ``freeze``, with who placed it and why; None where none is in force.
        """
        with self.lock:
            self.frozen = frozen
            self._raise()

    def overhear_freeze(self, workflow: str | None, labels: dict[str, Any], reason: str, by: str) -> None:
        """Take in what a messenger says of a freeze; the heartbeat confirms it, or takes the flag down.

        Args:
            workflow: the freeze is for its runs alone; for those of all where None.
            labels: a run must carry all of these.
            reason: why it was placed.
            by: who placed it.
        """
        if self.epoch is None or workflow not in (None, self.workflow) or not labels.items() <= self.labels.items():
            return
        if self.frozen is None:
            self.freeze(Signal("freeze", reason, by))
        self.beat_at = float("-inf")

    def _raise(self) -> None:
        """Show the step the weightiest of what was heard; the caller holds the lock."""
        if self.signal is None or self.signal.kind != "lost":
            self.signal = self.stopping if self.cleaning else self.asked or self.frozen or self.stopping

    def overhear(self, version: int, *, cancelling: bool, holds: int, reason: str = "", by: str = "") -> None:
        """Take in what a messenger says of the run. That nothing stops it any more is for the heartbeat to confirm.

        Args:
            version, cancelling, holds, reason, by: as for ``hear``.
        """
        if cancelling or holds:
            self.hear(version, cancelling=cancelling, holds=holds, reason=reason, by=by)
        elif self.signal is not None:
            self.beat_at = float("-inf")

    def stop(self, signal: Signal) -> None:
        """Ask the step to yield for the worker's own sake; a pause or cancel heard already stays in front."""
        with self.lock:
            self.stopping = signal
            if self.signal is None:
                self.signal = signal

    def lose(self) -> None:
        """The database no longer takes this lease's writes."""
        with self.lock:
            self.signal = Signal("lost", "The lease was lost; another worker may be on this run.")


_held: dict[str, Lease] = {}
_shutdown: list[Signal] = []


def open_lease(execution_id: str) -> Lease | None:
    """Register a lease before it is claimed, so that no news between claim and first step is missed.

    Returns:
        The lease, or None if this process is on that execution already (a duplicate message).
    """
    lease = Lease(execution_id)
    if _held.setdefault(execution_id, lease) is not lease:
        return None
    if _shutdown:
        lease.stop(_shutdown[0])
    return lease


def close_lease(lease: Lease) -> None:
    """Forget a lease."""
    _held.pop(lease.execution_id, None)


def held() -> list[Lease]:
    """Return the leases of this process."""
    return list(_held.values())


def find(execution_id: str) -> Lease | None:
    """Return this process's lease on an execution, if any."""
    return _held.get(execution_id)


def shut_down() -> None:
    """Take no more work. Takes no lock, so a signal handler may call it in the midst of anything."""
    _shutdown.append(Signal("shutdown", "The worker is shutting down."))


def tell_of_shutdown() -> None:
    """Ask every running step to yield at its next check. Takes locks: never call it from a signal handler."""
    for lease in held():
        lease.stop(_shutdown[0])


def shutting_down() -> bool:
    """Tell whether this worker is stopping."""
    return bool(_shutdown)
