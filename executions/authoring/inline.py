"""Running a workflow in memory, for unit tests: no database, no worker."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from executions.authoring.answers import Answer
from executions.authoring.backing import MISSING, Line
from executions.authoring.context import Context
from executions.authoring.files import StoredFile
from executions.authoring.flow import Question, Signal, Suspended, Yielded
from executions.authoring.inline_children import InlineFamily
from executions.authoring.perform import ASK_KEY, GATE_KEY, PAUSE_KEY, perform
from executions.authoring.policies import no_budget, over_budget, plus, raised_limit, too_many_errors
from executions.authoring.tools import TOOL_KEY
from executions.authoring.workflow import Workflow
from executions.jsonable import checked_changes, checked_result
from executions.provenance.jsontext import to_json

EXPIRED = "expired"
"""Given as an answer: nobody answered in time."""
MOST_STEPS = 1000
"""A workflow in memory that has not ended by then is taken to loop for ever."""


@dataclass
class InlineResult:
    """What came of a run in memory.

    Args:
        state: ``succeeded``, ``suspended`` (a question without an answer), ``paused`` (held by a rule) or ``failed``.
        payload: as the last finished step left it.
        steps: names of the finished steps, in order.
        asked: every question asked, by key.
        open_question: key of the unanswered question.
        error: what a step raised.
        log: lines written with ``ctx.log``.
        children: what came of each child launched, by key.
        held: why the run was held: a budget or the error threshold exceeded, or ``ctx.hold``.
        spent: what was spent, by budget.
        errors: what ``ctx.error`` told of.
    """

    state: str = "succeeded"
    payload: dict[str, Any] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    asked: dict[str, Question] = field(default_factory=dict)
    open_question: str | None = None
    error: Exception | None = None
    log: list[str] = field(default_factory=list)
    children: "dict[str, InlineResult]" = field(default_factory=dict)
    held: str | None = None
    spent: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


class InlineRun:
    """What a run in memory has between its steps."""

    def __init__(
        self, workflow: Workflow, result: InlineResult, answers: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> None:
        self.workflow = workflow
        self.result = result
        self.answers = {key: list(value) if isinstance(value, list) else value for key, value in answers.items()}
        self.files = {name: stored(name, content) for name, content in files.items()}

    def given(self, step: str, question: Question) -> Any:
        """Return what the test answers to a question, or ``MISSING``; of a list the next one."""
        for key in names_of(step, question):
            if key in self.answers:
                found = self.answers[key]
                if not isinstance(found, list):
                    return found
                if found:
                    return found.pop(0)
        return MISSING


def names_of(step: str, question: Question) -> list[str]:
    """Return the names under which a test may answer a question, the most exact first."""
    kind, _, name = question.key.partition(":")
    names = [question.key]
    if question.event:
        names.append(question.event)
    if kind == TOOL_KEY:
        names += [name, name.partition(":")[0]]  # called "refund:2" where one tool is used several times
    if kind in (PAUSE_KEY, GATE_KEY, ASK_KEY):
        names.append(step)
    return names


class InlineBacking(InlineFamily):
    """A context's backing in memory, for one step."""

    def __init__(self, run: InlineRun, step: str, position: int) -> None:
        self.execution_id = str(uuid.UUID(int=0))
        self.step = step
        self.position = position
        self.pass_no = 0
        self.attempt = 0
        self._run = run
        self._records: dict[str, Any] = {}
        self._answered: dict[str, Answer] = {}

    @property
    def signal(self) -> Signal | None:
        return None

    def recorded(self, key: str) -> Any:
        return self._records.get(key, MISSING)

    def record(self, key: str, result: Any, line: Line | None = None) -> Any:
        self._records[key] = json.loads(checked_result(self.step, key, result))
        return self._records[key]

    def once_in_transaction(self, key: str, function: Callable[[], Any], line: Line | None = None) -> Any:
        return self.record(key, function(), line)

    def answered(self, key: str) -> Answer | None:
        return self._answered.get(key)

    def take_answer(self, question: Question) -> bool:
        """Answer a question as the test said; False where it did not say, so that the run stays suspended."""
        self._run.result.asked[question.key] = question
        if question.kind == "children":
            return False
        if question.kind == "time":
            self._answered[question.key] = Answer({}, by="inline")
            return True
        found = self._run.given(self.step, question)
        if found is MISSING:
            return False
        if found == EXPIRED and question.on_deadline == "default":
            found = question.default
        if found == EXPIRED:
            self._answered[question.key] = Answer({}, by="deadline", expired=True)
            return True
        given = dict(found)
        for name, value in list(given.items()):
            if isinstance(value, bytes):
                given[name] = self._replace(question.replaces[name], value)
        shown = json.loads(to_json(question.context))
        self._answered[question.key] = Answer(given, by="inline", shown=shown)
        return True

    def _replace(self, name: str, content: bytes) -> dict[str, Any]:
        old = self._run.files[name]
        if old.content != content:
            self._run.files[name] = stored(name, content, old.version + 1)
        new = self._run.files[name]
        return {"name": name, "version": new.version, "sha256": new.sha256}

    def file(self, name: str) -> StoredFile:
        if name not in self._run.files:
            raise FileNotFoundError(f"The run has no file called {name!r}.")
        return self._run.files[name]

    def progress(self, done: int, total: int | None, note: str) -> None:
        return None

    def log(self, text: str, data: dict[str, Any]) -> None:
        self._run.result.log.append(text)

    def spend(self, name: str, amount: float, key: str | None) -> float:
        budgets, spent = self._run.workflow.policies.budgets, self._run.result.spent
        if name not in budgets:
            raise ValueError(no_budget(self._run.workflow.name, name, budgets))
        limit = budgets[name]
        spent[name] = plus(spent.get(name, 0), amount)
        left = plus(limit, -spent[name])
        if left < 0:
            self._stop(over_budget(name, spent[name], limit, raised_limit(limit, limit, spent[name])))
        return left if key is None else self.record(key, left)

    def item_failed(self, key: str, what: str) -> None:
        self.record(f"error:{key}", what)
        errors, threshold = self._run.result.errors, self._run.workflow.policies.error_threshold
        errors.append(what)
        if threshold is not None and len(errors) > threshold:
            self._stop(too_many_errors(len(errors), threshold))

    def hold(self, key: str, reason: str, code: str) -> None:
        self._stop(reason)

    def _stop(self, reason: str) -> None:
        self._run.result.held = reason
        raise Yielded(Signal("pause", reason))


def stored(name: str, content: bytes, version: int = 1) -> StoredFile:
    """Make a file as a run would have it."""
    return StoredFile(name, version, hashlib.sha256(content).hexdigest(), lambda: content)


def run_inline(
    workflow: Workflow,
    payload: dict[str, Any] | None = None,
    *,
    answers: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> InlineResult:
    """Run a workflow from end to end in memory, as fast as its own code.

    A step that asks is entered again from its top with its recorded results once it has the answer, as in a worker.

    Args:
        workflow: the definition.
        payload: its input; not checked by the form, so that odd cases can be tried.
        answers: what people and events answer, by the question's key: the key given to ``suspend``, ``approval`` or
            ``tool`` (or the tool's name), the step's name for a pause, a gate or ``ctx.ask``, the event's name. A dict
            is the answer; a list holds one for each time it is asked; ``EXPIRED`` lets the deadline pass. Bytes in a
            file field replace the run's file.
        files: name → bytes of the run's files, listed in ``payload["files"]`` as a launch does.

    Returns:
        What came of it. A step that raises ends the run as ``failed``; retries are not tried.
    """
    result = InlineResult(payload=dict(payload or {}))
    run = InlineRun(workflow, result, answers or {}, files or {})
    if workflow.files is not None:
        result.payload.setdefault("files", list(run.files))
    ahead = list(workflow.route_names)
    while ahead and len(result.steps) < MOST_STEPS:
        step = workflow.steps[ahead[0]]
        backing = InlineBacking(run, step.name, len(result.steps))
        while True:
            try:
                done = perform(
                    workflow, step, Context(backing, ahead=ahead[1:]), json.loads(json.dumps(result.payload))
                )
                result.payload.update(json.loads(checked_changes(step.name, done.changes) or "{}"))
                break
            except Suspended as suspended:
                question = suspended.question
                if question is None or not backing.take_answer(question):
                    result.state, result.open_question = "suspended", question.key if question else None
                    return result
            except Yielded:
                result.state = "paused"
                return result
            except Exception as error:
                result.state, result.error = "failed", error
                return result
        result.steps.append(step.name)
        ahead = ahead[1:] if done.ahead is None else done.ahead
    if ahead:
        result.state, result.error = "failed", RecursionError(f"Not ended after {MOST_STEPS} steps.")
    return result
