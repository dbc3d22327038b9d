"""Which runs: the filter of the list and of bulk commands, under the names that the console's addresses have."""

from typing import Annotated, Literal

from django.utils import timezone
from ninja import Field, Schema
from pydantic import WithJsonSchema

from console.api.bodies import Body
from console.api.parts import GivenMoment, RunIdOrNone
from console.spans import SPANS
from executions.queries import RunFilter
from executions.states import HOLD_KINDS, STATES

Span = Literal["", "1h", "24h", "7d", "30d"]
States = Annotated[list[str], WithJsonSchema({"type": "array", "items": {"type": "string", "enum": list(STATES)}})]
HoldKind = Annotated[str, WithJsonSchema({"type": "string", "enum": ["", *HOLD_KINDS]})]


class RunChoice(Schema):
    """Which runs; what is left out does not narrow it."""

    state: States = Field([], description="In one of these states.")
    workflow: str = Field("", description="Of this workflow.", examples=["invoice-batch"])
    label: str = Field("", description="With this label: `name` or `name:value`.", examples=["team:north"])
    q: str = Field("", description="An id or its beginning, or words of title, workflow, person or a hold's reason.")
    launched_by: str = Field("", description="Launched by whom: the printed name.")
    held_by: str = Field("", description="Held by a hold that this person placed or looks after.")
    hold: HoldKind = Field("", description="Held by a hold of this kind.")
    freeze: RunIdOrNone = Field("", description="Kept in the queue by the freeze with this id.")
    parent: RunIdOrNone = Field("", description="Children of the run with this id.")
    needs: bool = Field(False, description="Needs a person: paused, or asks a question that people answer.")
    launched: Span = Field("", description="Launched within this span that ends now.")
    finished: Span = Field("", description="Finished within this span that ends now.")
    launched_from: GivenMoment | None = Field(None, description="Launched at this time or later.")
    launched_before: GivenMoment | None = Field(None, description="Launched before this time.")
    finished_from: GivenMoment | None = Field(None, description="Finished at this time or later.")
    finished_before: GivenMoment | None = Field(None, description="Finished before this time.")

    def wanted(self) -> RunFilter:
        """Return the filter as the domain takes it. A time that is given counts more than a span."""
        now = timezone.now()
        return RunFilter(
            states=tuple(part for item in self.state for part in item.split(",") if part),
            workflow=self.workflow,
            label=self.label,
            text=self.q,
            launched_by=self.launched_by,
            parent=self.parent,
            held_by=self.held_by,
            hold_kind=self.hold,
            freeze=self.freeze,
            needs_person=self.needs,
            launched_from=self.launched_from or (now - SPANS[self.launched][1] if self.launched else None),
            launched_before=self.launched_before,
            finished_from=self.finished_from or (now - SPANS[self.finished][1] if self.finished else None),
            finished_before=self.finished_before,
        )


class BulkFilter(RunChoice, Body):
    """Which runs, as the list of runs is filtered."""
