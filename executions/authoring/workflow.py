"""Workflows and their steps."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, overload

from executions.authoring import registry
from executions.authoring.files import FileRules
from executions.authoring.policies import Policies, fingerprint_of

type StepFunction = Callable[..., dict[str, Any] | None]

ON_ERROR = ("fail", "hold")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a workflow.

    Args:
        name: its name in routes and histories.
        function: called with the context and the payload; returns changes to the payload, or None.
        retries: how often it is tried again after it raised.
        backoff: seconds before the first retry; doubled for each further one, an hour at most.
        on_error: when retries are used up, ``fail`` the run or ``hold`` it for a person.
        title: what people read.
        where: file and line of the definition.
    """

    name: str
    function: StepFunction
    retries: int = 0
    backoff: float = 1.0
    on_error: str = "fail"
    title: str = ""
    where: str = ""

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after this many failures."""
        return min(self.backoff * 2.0 ** max(failures - 1, 0), 3600.0)


class Workflow:
    """A definition: steps in the order they are written.

    Args:
        name: unique; in URLs, the API and every execution. Letters, digits and hyphens.
        title: what people read.
        description: one or two sentences for the launch page.
        input: a Django form that declares and checks the payload.
        files: what files a launch takes; None for none.
        sla, on_sla, budgets, error_threshold, on_change: when a run is held by a rule; see ``Policies``.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str = "",
        description: str = "",
        input: type[Any] | None = None,
        files: FileRules | None = None,
        sla: timedelta | None = None,
        on_sla: Literal["hold", "fail", "escalate"] = "hold",
        budgets: Mapping[str, int | float] | None = None,
        error_threshold: int | None = None,
        on_change: Literal["hold", "go-on"] = "hold",
    ) -> None:
        self.name = name
        self.title = title or name.replace("-", " ").capitalize()
        self.description = description
        self.input = input
        self.files = files
        self.steps: dict[str, Step] = {}
        self.clean_up: Callable[..., None] | None = None
        self.policies = Policies(sla, on_sla, budgets or {}, error_threshold, on_change)
        self.where = _caller()
        self.problems: list[tuple[str, str]] = [(problem, self.where) for problem in self.policies.problems(name)]
        registry.register(self)

    def __repr__(self) -> str:
        return f"<Workflow {self.name}: {' → '.join(self.steps)}>"

    @property
    def route_names(self) -> tuple[str, ...]:
        """Names of the steps a new run has ahead."""
        return tuple(self.steps)

    @property
    def fingerprint(self) -> str:
        """A short text that changes when the route does; a run keeps the one it was launched with."""
        return fingerprint_of((name,) for name in self.route_names)

    @overload
    def step[F: StepFunction](self, function: F, /) -> F: ...
    @overload
    def step[F: StepFunction](
        self,
        /,
        *,
        name: str = ...,
        title: str = ...,
        retries: int = ...,
        backoff: float = ...,
        on_error: Literal["fail", "hold"] = ...,
    ) -> Callable[[F], F]: ...
    def step(
        self,
        function: StepFunction | None = None,
        /,
        *,
        name: str = "",
        title: str = "",
        retries: int = 0,
        backoff: float = 1.0,
        on_error: str = "fail",
    ) -> Any:
        """Make a plain function the workflow's next step; works with and without arguments.

        Args:
            function: the step.
            name: its name; the function's where blank.
            title: what people read; the name where blank.
            retries: how often it is tried again after it raised.
            backoff: seconds before the first retry; doubled for each further one.
            on_error: ``fail`` or ``hold`` when retries are used up.

        Returns:
            The function itself, so that it can be called and tested as it is.
        """

        def add(function: StepFunction) -> StepFunction:
            code = inspect.unwrap(function).__code__
            where = f"{code.co_filename}:{code.co_firstlineno}"
            step_name = name or function.__name__
            if step_name in self.steps:
                self.problems.append((f"Two steps of {self.name} are called {step_name}; rename one.", where))
            if on_error not in ON_ERROR:
                self.problems.append((f"on_error of {step_name} must be 'fail' or 'hold', not {on_error!r}.", where))
            if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
                self.problems.append((f"retries of {step_name} must be a whole number from 0, not {retries!r}.", where))
            if not isinstance(backoff, int | float) or not 0 <= backoff < float("inf"):
                self.problems.append((f"backoff of {step_name} must be seconds from 0, not {backoff!r}.", where))
            if inspect.iscoroutinefunction(function):
                self.problems.append((f"{step_name} is async; write it as a plain function.", where))
            step_title = title or step_name.replace("_", " ")
            self.steps[step_name] = Step(step_name, function, retries, backoff, on_error, step_title, where)
            return function

        return add if function is None else add(function)

    def on_cancel[F: Callable[..., None]](self, function: F, /) -> F:
        """Make a function the clean-up hook: it runs once, in a worker, when a run is cancelled.

        Args:
            function: called with the context and the payload; what it returns is ignored.

        Returns:
            The function itself.
        """
        if self.clean_up is not None:
            code = function.__code__
            where = f"{code.co_filename}:{code.co_firstlineno}"
            self.problems.append((f"{self.name} has two on_cancel hooks; join them into one.", where))
        self.clean_up = function
        return function


def _caller() -> str:
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame.f_back if frame else None
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
