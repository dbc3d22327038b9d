"""What every command shares: one transaction, the row lock, the rules, and a record of refusals."""

import functools
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Concatenate

from django.db import transaction

from executions import tracing
from executions.access import lacking
from executions.actors import Actor
from executions.commands import refusals
from executions.errors import Conflict, NotAllowed, NotFound, Refused, Unconfirmed
from executions.meters import observe
from executions.models import SYSTEM_LEDGER, Execution, Freeze, Hold
from executions.provenance import append
from executions.states import Verdict, allowed_commands
from executions.text import storable

SECRET = re.compile(r"(hp_|whsec_)[A-Za-z0-9+/=_-]{12,}")
"""What a token and a webhook's secret look like."""
DENIAL_CHARACTERS = 1000
DENIAL_ERRORS = 20
"""Most characters and field errors that the history keeps of a refusal; the caller gets them all."""


def command[**P, R](
    name: str,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """Make a function a command: it runs in one transaction, and a refusal lands in the history.

    Args:
        name: the command's name, as people read it in ``command.denied``.

    Returns:
        A decorator for functions whose first argument is the actor.
    """

    def decorate(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        @functools.wraps(function)
        def carry_out(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            begun, result = time.perf_counter(), "failed"
            try:
                with tracing.span(f"command {name}", command=name, actor=actor.id), transaction.atomic():
                    answer = function(actor, *args, **kwargs)
                result = "done"
                return answer
            except Unconfirmed:
                raise  # nothing was refused
            except Refused as refusal:
                result = "refused"
                record_denial(actor, name, refusal)
                raise
            finally:
                observe("command_duration_seconds", time.perf_counter() - begun, name, result)

        return carry_out

    return decorate


def record_denial(actor: Actor, name: str, refusal: Refused) -> None:
    """Append ``command.denied`` for a refusal: to the run's history where the run is known, else to the system's.

    What does not exist has no history: an unknown id is answered, not recorded. Of somebody who is refused without end
    the further ones are counted (``refusals``).
    """
    if isinstance(refusal, NotFound):
        return
    refusal.recorded = True
    # The words may quote what was sent: anything at all, and any amount of it.
    detail = _told(refusal.detail)[:DENIAL_CHARACTERS]
    data: dict[str, Any] = {"command": name, "code": refusal.code, "detail": detail}
    if refusal.errors:
        data["errors"] = {
            _told(field)[:100]: [_told(message)[:200] for message in messages[:DENIAL_ERRORS]]
            for field, messages in list(refusal.errors.items())[:DENIAL_ERRORS]
        }
    if refusal.state:
        data["state"] = refusal.state
    if refusal.holds:
        data["holds"] = list(refusal.holds)
    ledger = uuid.UUID(str(refusal.execution_id or SYSTEM_LEDGER))
    with transaction.atomic():
        room, last = refusals.room_for(ledger, actor)
        if last:
            data["then_counted"] = True
        if room:
            append(ledger, "command.denied", actor, reason=detail, data=data)


def _told(text: str) -> str:
    """Return what a refusal said, for a history that forgets nothing: without secrets that were sent."""
    return SECRET.sub(r"\1…", storable(text))


def parse_id(value: uuid.UUID | str, noun: str) -> uuid.UUID:
    """Read an id.

    Raises:
        NotFound: it is no UUID, so no such thing can exist.
    """
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
    except ValueError as error:
        raise NotFound(f"There is no {noun} with the id {str(value)[:60]}.") from error


def lock(execution_id: uuid.UUID | str) -> Execution:
    """Load an execution and lock its row, so that commands and boundaries meet in one order.

    Raises:
        NotFound: there is no such execution.
    """
    tracing.note(run=str(execution_id))
    try:
        return Execution.objects.select_for_update().get(pk=parse_id(execution_id, "run"))
    except Execution.DoesNotExist:
        raise NotFound(f"There is no run with the id {execution_id}.") from None


def holds_in_force(execution: Execution) -> list[Hold]:
    """Return the open holds that keep the run from advancing now, oldest first.

    A hold "before step X" is in force only while X is next and no worker is on it.
    """
    if not execution.open_holds and not execution.breakpoints:
        return []
    open_holds = execution.holds.filter(released_at__isnull=True).order_by("placed_at", "id")
    reached = None if execution.lease_until else execution.next_step
    return [hold for hold in open_holds if hold.before_step is None or hold.before_step == reached]


def verdicts(execution: Execution, actor: Actor, holds: list[Hold] | None = None) -> dict[str, Verdict]:
    """Judge every command for this actor on this execution, as its row stands."""
    holds = holds_in_force(execution) if holds is None else holds
    return allowed_commands(execution.facts, actor.scopes, [hold.facts for hold in holds], actor.user_id)


def require(execution: Execution, actor: Actor, name: str) -> None:
    """Go on only if the rules allow a command.

    Raises:
        NotAllowed: the actor lacks the scope.
        Conflict: the state or a hold forbids it.
    """
    judged = verdicts(execution, actor)
    verdict = judged[name]
    if name == "resume" and verdict.code == "state":
        verdict = tell_of_freezes(verdict, frozen_by(execution))
    if verdict.allowed:
        return
    allowed = [other for other, its in judged.items() if its.allowed]
    kind = NotAllowed if verdict.code == "permission" else Conflict
    raise kind(verdict.why, state=execution.state, allowed=allowed, holds=verdict.holds)


def frozen_by(execution: Execution) -> list[Freeze]:
    """Return the freezes that keep the run from going on now, oldest first."""
    found = Freeze.objects.filter(lifted_at__isnull=True).order_by("placed_at")
    return [freeze for freeze in found if freeze.stops(execution)] if execution.outcome is None else []


def tell_of_freezes(verdict: Verdict, freezes: list[Freeze]) -> Verdict:
    """Say in a refused resume that the run is frozen: no hold on it is in the way."""
    if verdict.allowed or verdict.code != "state" or not freezes:
        return verdict
    return replace(verdict, why=f"{verdict.why} {freezes[0].whose()}")


def require_scope(actor: Actor, scope: str) -> None:
    """Go on only if the actor has a scope.

    Raises:
        NotAllowed: it has not.
    """
    if not actor.can(scope):
        raise NotAllowed(lacking(scope))


class about:  # noqa: N801  (reads as a sentence: `with about(execution):`)
    """Within this block, a refusal belongs to one execution's history.

    Args:
        execution: the locked execution.
    """

    def __init__(self, execution: Execution) -> None:
        self.execution_id = execution.pk

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Refused) and error.execution_id is None:
            error.execution_id = self.execution_id
