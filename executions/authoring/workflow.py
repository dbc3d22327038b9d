"""Workflows and their steps."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, overload

from executions.authoring import registry
from executions.authoring.files import FileRules
from executions.authoring.policies import Policies, fingerprint_of
from executions.authoring.route import MERGES, Gate, Pause
from executions.authoring.step import Resumable, Step, StepFunction
from executions.authoring.who import Who

ON_ERROR = ("fail", "hold")
ON_REFUSE = ("fail", "skip")


class Workflow:
    """A definition: steps in the order they are written, or in the order of its route.

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
        self.clean_up: StepFunction | None = None
        self.policies = Policies(sla, on_sla, budgets or {}, error_threshold, on_change)
        self.where = _caller()
        self.problems: list[tuple[str, str]] = [(problem, self.where) for problem in self.policies.problems(name)]
        self._route: tuple[str, ...] | None = None
        self._route_where = ""
        registry.register(self)

    def __repr__(self) -> str:
        return f"<Workflow {self.name}: {' → '.join(self.route_names)}>"

    @property
    def route_names(self) -> tuple[str, ...]:
        """Names of the steps a new run has ahead."""
        if self._route is not None:
            return self._route
        return tuple(name for name, step in self.steps.items() if step.pause is None)

    def route(self, *stops: str | Pause, also: Iterable[Pause] = ()) -> None:
        """Say in which order the steps go, with pauses between them. Without it they go as they are written.

        Args:
            stops: names of steps, and pauses made by ``Workflow.pause``.
            also: pauses that stand beside the route, for steps that return ``Next`` to them.
        """
        where = _caller()
        if self._route is not None:
            self.problems.append((f"{self.name} has two routes; join them into one.", where))
        for pause in [stop for stop in stops if isinstance(stop, Pause)] + list(also):
            if pause.name in self.steps:
                self.problems.append((f"Two steps of {self.name} are called {pause.name}; rename one.", pause.where))
            if pause.merge not in MERGES:
                problem = f"merge of {pause.name} must be one of {', '.join(MERGES)}, not {pause.merge!r}."
                self.problems.append((problem, pause.where))
            self.steps[pause.name] = Step(pause.name, None, title=pause.title, where=pause.where, pause=pause)
        self._route = tuple(stop.name if isinstance(stop, Pause) else stop for stop in stops)
        self._route_where = where
        for name in sorted({name for name in self._route if self._route.count(name) > 1}):
            problem = f"The route of {self.name} names {name} twice. To come back to a step, return Next({name!r})."
            self.problems.append((problem, where))

    @staticmethod
    def pause(name: str, *, title: str = "", merge: str = "shallow", **question: Any) -> Pause:
        """Make a stop of a route where a person must answer before the run goes on.

        Args:
            name: its name in the route.
            title: the question in a few words; made from the name where blank.
            merge: how the answer's declared fields come into the payload: ``shallow`` at the root, ``deep`` into
                what is there, or ``none``.
            question: everything else that ``ctx.suspend`` takes: ``form``, ``prompt``, ``who``, ``deadline`` and so on.
                Without a form the answer has no fields: it only lets the run go on.
        """
        return Pause(name, title or name.replace("_", " ").capitalize(), merge, question, _caller())

    def route_problems(self) -> list[tuple[str, str]]:
        """Return what is wrong with the route, once all steps are defined, each with file and line."""
        known = ", ".join(name for name, step in self.steps.items() if step.pause is None) or "none"
        return [
            (f"The route of {self.name} names {name}, which is no step of it. Known: {known}.", self._route_where)
            for name in self._route or ()
            if name not in self.steps
        ]

    @property
    def fingerprint(self) -> str:
        """A short text that changes when the route does; a run keeps the one it was launched with."""
        return fingerprint_of(tuple(self.steps[name].nature for name in self.route_names if name in self.steps))

    @overload
    def step[**P, R](self, function: Callable[P, R], /) -> Resumable[P, R]: ...
    @overload
    def step[**P, R](
        self,
        /,
        *,
        name: str = ...,
        title: str = ...,
        retries: int = ...,
        backoff: float = ...,
        on_error: Literal["fail", "hold"] = ...,
        approval: Any = ...,
        on_refuse: Literal["fail", "skip"] = ...,
    ) -> Callable[[Callable[P, R]], Resumable[P, R]]: ...
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
        approval: Any = None,
        on_refuse: str = "fail",
    ) -> Any:
        """Make a plain function, ``async`` or not, the workflow's next step; works with and without arguments.

        Args:
            function: the step.
            name: its name; the function's where blank.
            title: what people read; the name where blank.
            retries: how often it is tried again after it raised.
            backoff: seconds before the first retry; doubled for each further one.
            on_error: ``fail`` or ``hold`` when retries are used up.
            approval: a gate: somebody must allow the step, seeing its exact input, which they may change. True for
                whoever may answer questions, a permission such as ``"app.codename"``, or a ``Who``.
            on_refuse: ``fail`` the run or ``skip`` the step when the gate refuses it.

        Returns:
            The function itself, so that it can be called and tested as it is, with ``on_resume`` to name a handler.
        """

        def add(function: StepFunction) -> StepFunction:
            where = _where(function)
            step_name = name or function.__name__
            if step_name in self.steps:
                self.problems.append((f"Two steps of {self.name} are called {step_name}; rename one.", where))
            if on_error not in ON_ERROR:
                self.problems.append((f"on_error of {step_name} must be 'fail' or 'hold', not {on_error!r}.", where))
            if on_refuse not in ON_REFUSE:
                self.problems.append((f"on_refuse of {step_name} must be 'fail' or 'skip', not {on_refuse!r}.", where))
            if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
                self.problems.append((f"retries of {step_name} must be a whole number from 0, not {retries!r}.", where))
            if not isinstance(backoff, int | float) or not 0 <= backoff < float("inf"):
                self.problems.append((f"backoff of {step_name} must be seconds from 0, not {backoff!r}.", where))
            self.steps[step_name] = Step(
                step_name,
                function,
                retries,
                backoff,
                on_error,
                title or step_name.replace("_", " "),
                where,
                gate=self._gate(step_name, approval, on_refuse, where),
            )
            function.on_resume = self._names_handler_of(step_name)  # type: ignore[attr-defined]
            return function

        return add if function is None else add(function)

    def _names_handler_of(self, step_name: str) -> Callable[[StepFunction], StepFunction]:
        def on_resume(handler: StepFunction, /) -> StepFunction:
            step = self.steps[step_name]
            if step.on_resume is not None:
                problem = f"{step_name} has two on_resume handlers; join them into one."
                self.problems.append((problem, _where(handler)))
            self.steps[step_name] = replace(step, on_resume=handler)
            return handler

        return on_resume

    def _gate(self, step_name: str, approval: Any, on_refuse: str, where: str) -> Gate | None:
        if approval is None or approval is False:
            return None
        try:
            return Gate(gate_who(approval), on_refuse)
        except (TypeError, ValueError) as error:
            self.problems.append((f"approval of {step_name}: {error}", where))
            return None

    def on_cancel[F: StepFunction](self, function: F, /) -> F:
        """Make a function the clean-up hook: it runs once, in a worker, when a run is cancelled.

        Args:
            function: called with the context and the payload; what it returns is ignored.

        Returns:
            The function itself.
        """
        if self.clean_up is not None:
            self.problems.append((f"{self.name} has two on_cancel hooks; join them into one.", _where(function)))
        self.clean_up = function
        return function


def gate_who(approval: Any) -> Who | None:
    """Return who may open a gate, as ``Gate.who`` keeps it.

    Raises:
        TypeError: it is neither True, nor a permission, nor a ``Who``.
    """
    if approval is True:
        return None
    if isinstance(approval, str):
        return Who(permission=approval)
    if isinstance(approval, Who):
        return approval
    raise TypeError(f"give True, a permission such as 'app.codename' or a Who, not {approval!r}.")


def _where(function: StepFunction) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def _caller() -> str:
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame.f_back if frame else None
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
