"""Running a workflow in memory, for unit tests: no database, no worker."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from executions.authoring.answers import Answer
from executions.authoring.backing import MISSING
from executions.authoring.context import Context
from executions.authoring.files import StoredFile
from executions.authoring.flow import Question, Signal, Suspended
from executions.authoring.workflow import Workflow
from executions.jsonable import checked_changes, checked_result

EXPIRED = "expired"
"""Given as an answer: nobody answered in time."""


@dataclass
class InlineResult:
    """What came of a run in memory.

    Args:
        state: ``succeeded``, ``suspended`` (a question without an answer) or ``failed``.
        payload: as the last finished step left it.
        steps: names of the finished steps, in order.
        asked: every question asked, by key.
        open_question: key of the unanswered question.
        error: what a step raised.
        log: lines written with ``ctx.log``.
    """

    state: str = "succeeded"
    payload: dict[str, Any] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    asked: dict[str, Question] = field(default_factory=dict)
    open_question: str | None = None
    error: Exception | None = None
    log: list[str] = field(default_factory=list)


class InlineBacking:
    """A context's backing in memory."""

    def __init__(
        self,
        result: InlineResult,
        step: str,
        position: int,
        answers: Mapping[str, Any],
        files: dict[str, StoredFile],
    ) -> None:
        self.execution_id = str(uuid.UUID(int=0))
        self.step = step
        self.position = position
        self.pass_no = 0
        self.attempt = 0
        self._result = result
        self._answers = answers
        self._files = files
        self._records: dict[str, Any] = {}

    @property
    def signal(self) -> Signal | None:
        return None

    def recorded(self, key: str) -> Any:
        return self._records.get(key, MISSING)

    def record(self, key: str, result: Any) -> Any:
        self._records[key] = json.loads(checked_result(self.step, key, result))
        return self._records[key]

    def once_in_transaction(self, key: str, function: Callable[[], Any]) -> Any:
        return self.record(key, function())

    def answer_to(self, question: Question) -> Answer | None:
        self._result.asked[question.key] = question
        if question.key not in self._answers:
            return None
        if self._answers[question.key] == EXPIRED:
            return Answer({}, by="deadline", expired=True)
        given = dict(self._answers[question.key])
        for name, value in list(given.items()):
            if isinstance(value, bytes):
                given[name] = self._replace(question.replaces[name], value)
        return Answer(given, by="inline")

    def _replace(self, name: str, content: bytes) -> dict[str, Any]:
        old = self._files[name]
        if old.content != content:
            self._files[name] = stored(name, content, old.version + 1)
        new = self._files[name]
        return {"name": name, "version": new.version, "sha256": new.sha256}

    def file(self, name: str) -> StoredFile:
        if name not in self._files:
            raise FileNotFoundError(f"The run has no file called {name!r}.")
        return self._files[name]

    def progress(self, done: int, total: int | None, note: str) -> None:
        return None

    def log(self, text: str, data: dict[str, Any]) -> None:
        self._result.log.append(text)


def stored(name: str, content: bytes, version: int = 1) -> StoredFile:
    """Make a file as a run would have it."""
    return StoredFile(name, version, hashlib.sha256(content).hexdigest(), lambda: content)


def run_inline(
    workflow: Workflow,
    payload: dict[str, Any] | None = None,
    *,
    answers: Mapping[str, Mapping[str, Any] | str] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> InlineResult:
    """Run a workflow from end to end in memory, as fast as its own code.

    Args:
        workflow: the definition.
        payload: its input; not checked by the form, so that odd cases can be tried.
        answers: question key → answer; bytes in a file field replace the run's file; ``EXPIRED`` lets the deadline
            pass.
        files: name → bytes of the run's files, listed in ``payload["files"]`` as a launch does.

    Returns:
        What came of it. A step that raises ends the run as ``failed``; retries are not tried.
    """
    result = InlineResult(payload=dict(payload or {}))
    held = {name: stored(name, content) for name, content in (files or {}).items()}
    if workflow.files is not None:
        result.payload.setdefault("files", list(held))
    for position, step in enumerate(workflow.steps.values()):
        backing = InlineBacking(result, step.name, position, answers or {}, held)
        try:
            changes = step.function(Context(backing), json.loads(json.dumps(result.payload)))
            result.payload.update(json.loads(checked_changes(step.name, changes) or "{}"))
        except Suspended as suspended:
            result.state = "suspended"
            result.open_question = suspended.question.key if suspended.question else None
            return result
        except Exception as error:
            result.state, result.error = "failed", error
            return result
        result.steps.append(step.name)
    return result
