"""Children of a run in memory: each runs to its end as soon as it is launched."""

import uuid
from typing import TYPE_CHECKING, Any

from executions.authoring import registry
from executions.authoring.children import Child
from executions.authoring.flow import Question, Suspended

if TYPE_CHECKING:
    from executions.authoring.inline import InlineRun


class InlineFamily:
    """The part of the backing in memory that launches children and waits for them."""

    _run: "InlineRun"
    _records: dict[str, Any]

    def launch(self, workflow: str, payloads: dict[str, dict[str, Any] | None], **_: Any) -> dict[str, str]:
        """See ``Backing.launch``. A child's questions are answered under ``<child's key>/<question's key>``."""
        from executions.authoring.inline import run_inline

        definition = registry.find(workflow)
        if definition is None:
            raise LookupError(f"There is no workflow called {workflow!r}.")
        ids = {}
        for key, payload in payloads.items():
            beginning = f"{key}/"
            answers = {
                name.removeprefix(beginning): answer
                for name, answer in self._run.answers.items()
                if name.startswith(beginning)
            }
            self._run.result.children[key] = run_inline(definition, payload, answers=answers)
            ids[key] = str(uuid.UUID(int=len(self._run.result.children)))
            self._records[f"launch:{key}"] = ids[key]
        return ids

    def join(self, label: str, keys: tuple[str, ...] | None) -> dict[str, Child]:
        """See ``Backing.join``."""
        children = self._run.result.children
        missing = [key for key in keys or () if key not in children]
        if missing:
            raise LookupError(f"This run has launched no child with the key {missing[0]!r}.")
        finished = {}
        for number, (key, child) in enumerate(children.items(), start=1):
            if keys is not None and key not in keys:
                continue
            if child.state == "suspended":
                raise Suspended(Question(f"{key}/{child.open_question}", f"{key!r} to finish", kind="children"))
            error = None if child.error is None else str(child.error)
            finished[key] = Child(key, str(uuid.UUID(int=number)), child.state, child.payload, error)
        return finished
