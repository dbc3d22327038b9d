"""What ``ctx`` stands on in a worker: records, questions, files, all guarded by the lease's epoch."""

import json
import logging
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from executions.actors import Actor
from executions.authoring.answers import Answer
from executions.authoring.backing import MISSING, Line
from executions.authoring.children import Child
from executions.authoring.files import StoredFile
from executions.authoring.flow import LeaseLost, Signal, Suspended, Yielded
from executions.digests import context_digest, shown_by
from executions.engine import recording
from executions.engine.children import finished_children, wait_for_children
from executions.engine.database import patiently, rows
from executions.engine.launching import launch_children
from executions.engine.leases import Lease
from executions.engine.life import nudge_heart
from executions.engine.policies import count_error, hold_for_errors, spend
from executions.engine.post import tell
from executions.engine.under_lock import locked, place_policy_hold
from executions.jsonable import checked_result
from executions.models import Execution, RunFile, Suspension
from executions.provenance import append, to_json
from executions.text import storable

logger = logging.getLogger("holdpoint.engine")


class EngineBacking:
    """A context's backing for one attempt of one step.

    Args:
        lease: the lease this worker holds.
        step: the step's name.
        position: the step's position in the run.
        pass_no: the run's pass; a step done anew has records and questions of its own.
        attempt: failed attempts before this one.
        actor: this worker.
    """

    def __init__(self, lease: Lease, step: str, position: int, pass_no: int, attempt: int, actor: Actor) -> None:
        self.execution_id = lease.execution_id
        self.step = step
        self.position = position
        self.pass_no = pass_no
        self.attempt = attempt
        self._lease = lease
        self._actor = actor
        self._records: dict[str, Any] | None = None

    @property
    def signal(self) -> Signal | None:
        """What the step should know; see ``Lease.signal``."""
        return self._lease.signal

    def recorded(self, key: str) -> Any:
        """See ``Backing.recorded``. The first look loads every record of this step in one query."""
        if self._records is None:
            step = {"id": self.execution_id, "position": self.position, "pass_no": self.pass_no, "step": self.step}
            found = patiently(recording.RECORDS, step, seconds=self._patience)
            self._records = {row.key: row.value for row in found}
        text = self._records.get(key, MISSING)
        return json.loads(text) if isinstance(text, str) else text

    def record(self, key: str, result: Any, line: Line | None = None) -> Any:
        """See ``Backing.record``."""
        text = checked_result(self.step, key, result)
        statement, told = self._with_line(line)
        found = patiently(statement, {**self._record_parameters(key, text), **told}, seconds=self._patience)
        return self._remember(key, text, found)

    def once_in_transaction(self, key: str, function: Callable[[], Any], line: Line | None = None) -> Any:
        """See ``Backing.once_in_transaction``."""
        statement, told = self._with_line(line)
        with transaction.atomic():
            text = checked_result(self.step, key, function())
            found = rows(statement, {**self._record_parameters(key, text), **told})
            if not found:
                # Another worker has taken over, or has recorded this key: take the function's writes back.
                raise LeaseLost
        return self._remember(key, text, found)

    def answered(self, key: str) -> Answer | None:
        """See ``Backing.answered``."""
        # One that was withdrawn, by a cancel or because the run was sent back, counts as never asked.
        asked = Suspension.objects.filter(
            ~Q(outcome="withdrawn") | Q(outcome__isnull=True),
            execution_id=self.execution_id,
            position=self.position,
            pass_no=self.pass_no,
            step=self.step,
            key=key,
        ).first()
        if asked is None:
            return None
        if asked.outcome not in ("answered", "expired"):
            raise Suspended(None)
        return Answer(
            asked.answer or {},
            asked.answered_by_name or "",
            asked.comment,
            expired=asked.outcome == "expired",
            shown=asked.context,
            outdated=asked.is_gate and context_digest(shown_by(asked)) != asked.context_digest,
        )

    def launch(
        self,
        workflow: str,
        payloads: dict[str, dict[str, Any] | None],
        *,
        title: str,
        labels: dict[str, str] | None,
        priority: int | None,
    ) -> dict[str, str]:
        """See ``Backing.launch``."""
        if self.position < 0:
            raise RuntimeError("A clean-up hook cannot launch children: they would outlive the cancelled run.")
        place = {"step": self.step, "position": self.position, "pass_no": self.pass_no}
        more = {"title": title, "labels": labels, "priority": priority}
        ids = launch_children(self._lease, self._actor, place, workflow, payloads, **more)
        if self._records is not None:
            self._records.update({f"launch:{key}": json.dumps(child) for key, child in ids.items()})
        return ids

    def join(self, label: str, keys: tuple[str, ...] | None) -> dict[str, Child]:
        """See ``Backing.join``."""
        joined = self.recorded(label)
        if joined is MISSING:
            joined = wait_for_children(self.execution_id, self.answered(label), label, keys)
            # Not checked against the payload's limit: it is as long as the list of children.
            text = to_json(joined)
            found = patiently(recording.RECORD, self._record_parameters(label, text), seconds=self._patience)
            joined = self._remember(label, text, found)
        return finished_children(joined)

    def file(self, name: str) -> StoredFile:
        """See ``Backing.file``."""
        versions = RunFile.objects.filter(execution_id=self.execution_id, name=name)
        found = versions.defer("content").order_by("-version").first()
        if found is None:
            raise FileNotFoundError(f"The run has no file called {name!r}.")
        return StoredFile(found.name, found.version, found.sha256, lambda: bytes(found.content))

    def progress(self, done: int, total: int | None, note: str) -> None:
        """See ``Backing.progress``; the heart writes it."""
        self._lease.progress = {
            "done": int(done),
            "total": None if total is None else int(total),
            # The heart writes it with the lease; a note it cannot store would cost the run its lease.
            "note": storable(str(note))[:200],
            "position": self.position,
        }
        nudge_heart()

    def log(self, text: str, data: dict[str, Any]) -> None:
        """See ``Backing.log``."""
        with transaction.atomic():
            alive = Execution.objects.select_for_update().filter(
                pk=self.execution_id, epoch=self._lease.epoch or 0, lease_until__isnull=False
            )
            if not alive.values_list("pk", flat=True).first():
                raise LeaseLost
            told = {"text": str(text)[:2000], "step": self.step, **({"data": data} if data else {})}
            append(uuid.UUID(self.execution_id), "step.logged", self._actor, data=told)

    def spend(self, name: str, amount: float, key: str | None) -> float:
        """See ``Backing.spend``."""
        with transaction.atomic():
            execution = locked(self._lease)
            left, held = spend(execution, name, amount)
            if key is not None:
                self._record_now(key, left)
            if held:
                tell(execution)
        self._stop_if(held)
        return left

    def item_failed(self, key: str, what: str) -> None:
        """See ``Backing.item_failed``."""
        with transaction.atomic():
            execution = locked(self._lease)
            self._record_now(f"error:{key}", what)
            told = {"step": self.step, "key": key, "what": what}
            append(execution.pk, "item.failed", self._actor, data=told)
            held = hold_for_errors(execution) if count_error(execution) else None
            tell(execution)
        self._stop_if(held)

    def hold(self, key: str, reason: str, code: str) -> None:
        """See ``Backing.hold``."""
        with transaction.atomic():
            execution = locked(self._lease)
            self._record_now(f"hold:{key}", reason)
            held = None if execution.cancel_requested_at else reason
            if held:
                place_policy_hold(execution, "step", code, reason)
                tell(execution)
        self._stop_if(held)

    def _record_now(self, key: str, value: Any) -> None:
        """Record within the transaction at hand; the caller has found nothing under this key."""
        text = checked_result(self.step, key, value)
        if not rows(recording.RECORD, self._record_parameters(key, text)):
            raise LeaseLost
        # Should this transaction fail, the records are loaded again.
        self._records = None

    def _stop_if(self, held: str | None) -> None:
        if held:
            raise Yielded(Signal("pause", held))

    @property
    def _patience(self) -> float:
        seconds: float = settings.HOLDPOINT["LEASE_SECONDS"]
        return seconds

    def _with_line(self, line: Line | None) -> tuple[str, dict[str, Any]]:
        if line is None:
            return recording.RECORD, {}
        told = {"kind": line.kind, "data": to_json({"step": self.step, **line.data})}
        return recording.RECORD_TOLD, {**told, "actor": self._actor.id, "owner": self._actor.name}

    def _record_parameters(self, key: str, text: str) -> dict[str, Any]:
        return {
            "id": self.execution_id,
            "epoch": self._lease.epoch,
            "position": self.position,
            "pass_no": self.pass_no,
            "step": self.step,
            "key": key,
            "value": text,
        }

    def _remember(self, key: str, text: str, found: list[Any]) -> Any:
        if not found:
            # Nothing inserted: either the lease is gone, or a repeat of an insert whose answer got lost.
            self._records = None
            if self.recorded(key) is MISSING or self._lease.signal == LeaseLost().signal:
                self._lease.lose()
                raise LeaseLost
        if self._records is None:
            self.recorded(key)
        assert self._records is not None
        self._records[key] = found[0].value if found else self._records[key]
        return json.loads(self._records[key])
