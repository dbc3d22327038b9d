"""What goes in: the bodies of commands. The rules themselves are the commands'."""

from typing import Any, Literal

from ninja import Field

from console.api.bodies import Body
from console.api.conditions import ResumeWhen
from console.api.parts import NOT_BLANK, GivenMoment, RunId

REASON = Field(
    description="Why, in words for those who read the history later. Not blank.",
    examples=["Totals differ"],
    json_schema_extra=NOT_BLANK,
)


class LaunchBody(Body):
    """Start a run."""

    workflow: str = Field(description="Name of the workflow, from `GET /v1/workflows`.", examples=["invoice-batch"])
    payload: dict[str, Any] = Field({}, description="Its input; checked by the workflow's input schema.")
    title: str = Field("", description="What people call this run; the workflow's title where blank.")
    labels: dict[str, str] = Field({}, description="Short texts by name, to find the run by.")
    priority: int = Field(5, description="0 to 9; 9 goes first.", json_schema_extra={"minimum": 0, "maximum": 9})
    not_before: GivenMoment | None = Field(None, description="Start no earlier than this.")


Scope = Literal["this", "tree"]
RESUME_WHEN = Field("manual", description="What releases the hold by itself: a time, an event, a webhook.")


class PauseBody(Body):
    """Stop a run at its next boundary."""

    reason: str = REASON
    reason_code: str = Field("", description="A word for statistics.", examples=["data-error"])
    ticket: str = Field("", description="Link or number of the case elsewhere.")
    resume_when: ResumeWhen = RESUME_WHEN
    scope: Scope = Field("tree", description="Only this run, or its unfinished children and theirs too.")
    before_step: str | None = Field(None, description="Pause only when this step is next.")


class ResumeBody(Body):
    """Let a paused run go on."""

    note: str = Field("", description="Why, or what was done meanwhile.")
    trigger: str = Field("manual", description="What made it resume.")
    data: dict[str, Any] = Field({}, description="Merged into the payload; needs `executions:amend`.")
    additional_context: dict[str, Any] = Field({}, description="Kept for the next step, apart from the payload.")


class ReasonBody(Body):
    """Say why."""

    reason: str = REASON


class RetryBody(ReasonBody):
    """Take a run up again, at the step that failed or at an earlier one."""

    from_step: str | None = Field(None, description="Go back to this step, the last time it ran.")
    position: int | None = Field(None, description="Its position, for a step that ran several times; 0 is the first.")
    again: bool = Field(
        False, description="Do and ask anew what the steps from there on have recorded. Else nothing is done twice."
    )


class SkipBody(ReasonBody):
    """Pass the next step without running it."""

    result: dict[str, Any] = Field({}, description="Merged into the payload as if the step had returned it.")
    step: str | None = Field(None, description="The step you saw as next; refused when another one is.")


class ForkBody(ReasonBody):
    """Launch another run that begins at a boundary of this one."""

    from_seq: int | None = Field(
        None,
        description="Line of the history to begin after: `execution.launched`, `step.finished`, `step.skipped` or "
        "`execution.retried`. As the run stands now where left out.",
    )
    title: str = Field("", description="What people call the new run; this one's with “(fork)” where blank.")


class HandOverBody(ReasonBody):
    """Make another person responsible for a hold."""

    to: str = Field(description="User name of somebody who may release holds of this kind.")


class CancelBody(ReasonBody):
    """End a run for ever."""

    scope: Scope = Field("tree", description="Only this run, or its unfinished children and theirs too.")


class ExtendBody(ReasonBody):
    """Give a run more time, or let it spend more."""

    seconds: int | float | None = Field(None, description="How much more time.")
    budgets: dict[str, int | float] = Field({}, description="Budget → how much more of it.")


class LabelBody(Body):
    """Set and remove labels of a run."""

    set: dict[str, str] = Field({}, description="Labels by name, new or changed.")
    remove: list[str] = Field([], description="Names of labels to take away.")
    reason: str = REASON


class AmendBody(Body):
    """Correct the payload of a run that is at rest."""

    changes: dict[str, Any] = Field(
        description="Field → new value, merged at the root of the payload.", json_schema_extra={"minProperties": 1}
    )
    reason: str = REASON
    dry_run: bool = Field(False, description="Only tell what would change.")


class HoldBody(Body):
    """Place a compliance hold. (`POST …/pause` places an operator's.)"""

    execution: RunId = Field(description="Id of the run.")
    reason: str = REASON
    reason_code: str = Field("", description="A word for statistics.")
    ticket: str = Field("", description="Link or number of the case elsewhere.")
    review_by: GivenMoment | None = Field(None, description="When somebody must look at it again; in the future.")
    blocks_cancel: bool = Field(False, description="Also forbid cancelling to those who may not release the hold.")
    dual_control: bool = Field(False, description="Another person than you must release it.")
    scope: Scope = Field("tree", description="Only this run, or its unfinished children and theirs too.")
    resume_when: ResumeWhen = RESUME_WHEN


class FreezeBody(Body):
    """Stop every run that is selected, now and later."""

    reason: str = REASON
    workflow: str | None = Field(None, description="Only runs of this workflow; a name not known yet is taken too.")
    labels: dict[str, str] = Field({}, description="Only runs that carry all of these.")
    everything: bool = Field(False, description="Every run; must be said where neither of both is given.")
    kind: Literal["operator", "compliance"] = Field("operator", description="Who may lift it.")
    reason_code: str = Field("", description="A word for statistics.")
    ticket: str = Field("", description="Link or number of the case elsewhere.")
    dual_control: bool = Field(False, description="Somebody other than you must lift it.")
    review_by: GivenMoment | None = Field(None, description="When somebody must look at it again.")


class LiftBody(Body):
    """Let frozen runs go on."""

    reason: str = REASON
    rate: float | None = Field(
        None, ge=0.01, le=10_000, description="Runs per second, 0.01 to 10,000; all at once where left out."
    )


class NoteBody(Body):
    """Add a note to a hold."""

    text: str = Field(description="The note. Not blank.", json_schema_extra=NOT_BLANK)


class AnswerByKeyBody(Body):
    """Answer the open question that has this key."""

    data: dict[str, Any] = Field(description="The answer; checked by the question's form.")
    context_digest: str | None = Field(
        None, description="The question's `context_digest`, where somebody looked at it; refused when that has changed."
    )
    comment: str = Field("", description="Why, in your own words.")


class AnswerBody(Body):
    """Answer a question, once and for all."""

    data: dict[str, Any] = Field(description="The answer; checked by the question's form.")
    context_digest: str = Field(description="The question's `context_digest`: proof of what you were shown.")
    comment: str = Field("", description="Why, in your own words.")
