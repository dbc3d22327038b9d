"""One step of a workflow."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from executions.authoring.route import Gate, Pause

type StepFunction = Callable[..., Any]
"""Takes the context and the payload; returns changes to the payload, a ``Next``, a ``ctx.ask(...)`` or None."""


class Resumable[**P, R](Protocol):
    """A step as its module keeps it: the plain function, with ``on_resume`` to name its resume handler."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the step as it is, for a test of its own."""

    def on_resume[F: StepFunction](self, function: F, /) -> F:
        """Make a function the step's resume handler: called with the context, the payload and the answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a workflow.

    Args:
        name: its name in routes and histories.
        function: called with the context and the payload; None for a pause of a route.
        retries: how often it is tried again after it raised.
        backoff: seconds before the first retry; doubled for each further one, an hour at most.
        on_error: when retries are used up, ``fail`` the run or ``hold`` it for a person.
        title: what people read.
        where: file and line of the definition.
        on_resume: called with the context, the payload and the answer after the step asked with ``ctx.ask``.
        pause: the question, for a pause of a route.
        gate: the approval it needs before it starts.
    """

    name: str
    function: StepFunction | None
    retries: int = 0
    backoff: float = 1.0
    on_error: str = "fail"
    title: str = ""
    where: str = ""
    on_resume: StepFunction | None = None
    pause: Pause | None = None
    gate: Gate | None = None

    @property
    def nature(self) -> tuple[str, str, str]:
        """What of the step belongs to its workflow's fingerprint: its name, its kind, its gate."""
        who = self.gate.who.as_json() if self.gate and self.gate.who else None
        gate = f"{self.gate.on_refuse} {json.dumps(who, sort_keys=True)}" if self.gate else ""
        return self.name, "step" if self.pause is None else "pause", gate

    @property
    def waits(self) -> str:
        """What it always waits for before it goes on: ``answer`` for a pause, ``approval`` for a gate, else empty."""
        if self.pause is not None:
            return "answer"
        return "approval" if self.gate is not None else ""

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after this many failures."""
        return min(self.backoff * 2.0 ** max(failures - 1, 0), 3600.0)
