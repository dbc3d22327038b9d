"""What each command will do to a run, said before it is given: exactly, with numbers where the domain has them."""

from typing import Any

from executions import states
from executions.actors import Actor
from executions.authoring.workflow import Workflow
from executions.commands.foresight import RECORDS_COUNTED, Foresight
from executions.models import Execution, Freeze, Hold
from executions.queries.tree import Tree


class RunSays:
    """The sentences above the forms. The class that gathers the page provides the facts."""

    execution: Execution
    actor: Actor
    workflow: Workflow | None
    in_force: list[Hold]
    open_questions: list[Any]
    frozen: list[Freeze]
    tree: Tree
    foresight: Foresight
    next_title: Any

    @property
    def _and_below(self) -> str:
        """The unfinished runs below it, as the end of a sentence's subject."""
        below = self.tree.unfinished
        return f" and the {counted(below, 'unfinished run')} below it" if below else ""

    @property
    def pause_says(self) -> str:
        """What pausing will do."""
        tree = f" The same for the {counted(self.tree.unfinished, 'run')} below it." if self.tree.unfinished else ""
        if self.execution.state == states.PROCESSING:
            return (
                f"{self.next_title} is running: it goes on to its next check or its end, then the worker lets go. "
                f"Once accepted, no further step starts.{tree}"
            )
        if self.in_force:
            return f"The run is held already. This adds a second hold; it goes on when all of them are lifted.{tree}"
        if self.execution.state == states.SUSPENDED:
            return f"The question can still be answered; the run goes on when both allow it.{tree}"
        return f"Takes effect at once: nothing starts until somebody resumes the run.{tree}"

    @property
    def resume_says(self) -> str:
        """What resuming will do."""
        if self.execution.state == states.PAUSING:
            return f"Withdraws the pause: {self.next_title} is not interrupted."
        count = len(self.in_force)
        lifted = "Releases the hold" if count == 1 else f"Releases all {count} holds"
        if self.open_questions:
            return f"{lifted}. The run still waits for an answer."
        if self.frozen:
            who = self.frozen[0].placed_by_name
            return f"{lifted}. The run stays in the queue until the freeze by {who} is lifted."
        middle = " in the middle of it, after what is done" if self.execution.progress else ""
        return f"{lifted}. The run goes on with {self.next_title}{middle}. Nothing that is finished is done again."

    @property
    def place_says(self) -> str:
        """What a compliance hold will do."""
        return (
            f"Stops this run{self._and_below} as a pause does. Only a reviewer can release it; "
            "an operator’s resume does not."
        )

    @property
    def extend_says(self) -> str:
        """What extending will do."""
        held = " The run stays paused until somebody resumes it." if self.execution.state == states.PAUSED else ""
        return f"Gives the run more from now on; nothing is done again.{held}"

    @property
    def label_says(self) -> str:
        """What labels do."""
        return "Labels find runs, and freezes stop runs by them. The run itself goes on as it would."

    @property
    def retry_says(self) -> str:
        """What retrying will do."""
        if self.execution.outcome == states.FAILED:
            return (
                f"Takes the run up again at {self.next_title}, with what that step has recorded, "
                "or goes back to an earlier step."
            )
        asked = counted(len(self.open_questions), "open question")
        withdrawn = f" Withdraws {asked}." if self.open_questions else ""
        held = " It stays held until somebody resumes it." if self.in_force else ""
        return f"Goes back to a step: payload and route are as they were there.{withdrawn}{held}"

    @property
    def skip_says(self) -> str:
        """What skipping will do."""
        then = "goes on after it" if not self.execution.open_holds else "stays held, after it"
        asked = " Its question is withdrawn." if self.execution.open_suspensions else ""
        may_state = self.actor.can(states.COMMAND_SCOPE["amend"])
        result = "what you state counts as its result" if may_state else "it has no result; to state one needs amending"
        return f"{self.next_title} does not run; {result}. The run {then}.{asked}"

    @property
    def fork_says(self) -> str:
        """What forking will do."""
        return (
            "Launches another run that begins there, with payload, route and files as they were. It does by itself all "
            "that lies ahead, recorded here or not. This run stays as it is."
        )

    @property
    def cancel_says(self) -> str:
        """What cancelling will do, with numbers."""
        run = self.execution
        said = [f"Ends this run{self._and_below} for ever; nobody can resume it."]
        if run.lease_until is not None:
            said.append(f"What {self.next_title} is doing is discarded.")
        elif run.ahead:
            said.append(f"{counted(len(run.ahead), 'step')} will not run; {run.steps_done} stay done.")
        if asked := len(self.open_questions):
            said.append(f"Withdraws {counted(asked, 'open question')}.")
        return " ".join([*said, self._what_stays()])

    def _what_stays(self) -> str:
        """Say what becomes of what was done: the workflow's clean-up knows, and without one all of it stays."""
        hook = self.workflow.clean_up if self.workflow else None
        recorded = self.foresight.recorded
        number = f"more than {RECORDS_COUNTED:,}" if recorded > RECORDS_COUNTED else f"{recorded:,}"
        done = f"{number} recorded result{'' if recorded == 1 else 's'}"
        if hook:
            words = (hook.__doc__ or "").strip().partition("\n")[0].rstrip(".")
            having = f" It has {done} to go by." if recorded else ""
            return f"Then its clean-up runs, once{': ' + words if words else ''}.{having}"
        if not self.workflow:
            return ""
        stays = f"what was done stays done, {done} of it" if recorded else "what was done stays done"
        return f"The workflow has no clean-up: {stays}."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 step`` or ``1,204 steps``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
