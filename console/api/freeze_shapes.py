"""How a freeze becomes a document of the API."""

from console.api.documents import FreezeOut
from console.api.parts import Person
from executions.models import Freeze


def person(actor_id: str | None, name: str | None) -> Person | None:
    """Return who it was; None for nobody yet."""
    return Person(id=actor_id, name=name or "") if actor_id else None


def freeze_out(freeze: Freeze) -> FreezeOut:
    """Describe a freeze."""
    return FreezeOut(
        id=freeze.pk,
        kind=freeze.kind,
        workflow=freeze.workflow,
        labels=freeze.labels,
        everything=freeze.workflow is None and not freeze.labels,
        reason=freeze.reason,
        reason_code=freeze.reason_code,
        ticket=freeze.ticket,
        dual_control=freeze.dual_control,
        review_by=freeze.review_by,
        placed_by=Person(id=freeze.placed_by, name=freeze.placed_by_name),
        placed_via=freeze.placed_via,
        placed_at=freeze.placed_at,
        lifting_since=freeze.lifting_since,
        lift_rate=freeze.lift_rate,
        admitted=freeze.admitted,
        released_by=person(freeze.released_by, freeze.released_by_name),
        released_via=freeze.released_via,
        release_reason=freeze.release_reason,
        lifted_at=freeze.lifted_at,
    )
