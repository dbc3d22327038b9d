"""Tool calls that people see before they happen: selected, then reviewed, then executed once."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync

from executions.authoring.answers import Answer
from executions.authoring.asking import Asking
from executions.authoring.backing import MISSING, Line
from executions.authoring.question import make_question
from executions.jsonable import checked_arguments

TOOL_FORM = "executions.approvals:ToolForm"
TOOL_KEY = "tool"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a tool call; true if the tool ran.

    Args:
        value: what it returned; None if it was refused.
        refused: a person refused it, or nobody allowed it in time.
        feedback: their words.
        by: printed name of who decided; empty where nobody was asked.
        arguments: what it was called with, as changed by whoever allowed it.
    """

    value: Any = None
    refused: bool = False
    feedback: str = ""
    by: str = ""
    arguments: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return not self.refused


class ToolCalling(Asking):
    """The part of a context that calls tools."""

    step: str
    _tools_called: dict[str, int]

    def tool(
        self,
        function: Callable[..., Any],
        /,
        *,
        approval: str | Callable[..., bool] = "always",
        key: str = "",
        ask: Mapping[str, Any] | None = None,
        transactional: bool = False,
        arguments: Mapping[str, Any] | None = None,
        **more_arguments: Any,
    ) -> ToolResult:
        """Call a tool once, after a person has seen the call and allowed it, changed its arguments, or refused it.

        What was allowed is what is executed: the arguments come out of the question, not from the code that asked it,
        which may have chosen others when the step re-entered.

        Args:
            function: the tool, ``async`` or not; its result must be JSON.
            approval: ``always``, ``never``, or a function of the arguments that tells whether to ask.
            key: unique in this step; made from the tool's name and how often it was called where blank, so give one
                where the order of calls can differ when the step re-enters.
            ask: options of the question, as ``approval`` takes them: ``who``, ``urgency``, ``deadline`` and so on.
            transactional: commit the tool's own database writes together with the record: exactly once.
            arguments: what the tool is called with; JSON. For those that are called like an option above.
            more_arguments: the same, written as arguments of this call.

        Returns:
            What it returned, or, if it was refused, why: the tool did not run then.

        Raises:
            ValueError: ``approval`` is none of these, or the arguments do not fit the tool.
            TypeError: an argument or the result is not JSON.
        """
        name = tool_name(function)
        number = self._tools_called[name] = self._tools_called.get(name, 0) + 1
        key = key or f"{name}:{number}"
        found = self._backing.recorded(f"{TOOL_KEY}:{key}")
        if found is not MISSING:
            _require_the_same(key, found["tool"], name)
            return ToolResult(found["value"], by=found["by"] or "", arguments=found["arguments"])
        selected = self._selected(function, approval, {**(arguments or {}), **more_arguments})
        answer = self._decided(function, approval, key, ask or {}, selected)
        if answer is None:
            return self._execute(function, key, selected, None, transactional)
        _require_the_same(key, answer.shown.get("tool", name), name)
        if answer.expired:
            return ToolResult(refused=True, feedback="Nobody decided in time.", by=answer.by)
        if answer["decision"] != "approve":
            return ToolResult(refused=True, feedback=answer.get("reason") or answer.comment, by=answer.by)
        edited = answer.get("arguments")
        final = answer.shown.get("arguments", selected) if edited is None else edited
        return self._execute(function, key, final, answer.by, transactional)

    def _selected(self, function: Callable[..., Any], approval: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        name = tool_name(function)
        if approval not in ("always", "never") and not callable(approval):
            raise ValueError(f"approval of the tool {name} must be 'always', 'never' or a function, not {approval!r}.")
        try:
            inspect.signature(function).bind(**arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"The tool {name} cannot be called like this: {error}.") from error
        return checked_arguments(self.step, name, arguments)

    def _decided(
        self,
        function: Callable[..., Any],
        approval: str | Callable[..., bool],
        key: str,
        ask: Mapping[str, Any],
        arguments: dict[str, Any],
    ) -> Answer | None:
        """Return what people decided; None where nobody has to be asked."""
        if approval == "never":
            return None
        if callable(approval) and not _call(approval, arguments):
            # It may have said otherwise when the step ran before; what people decided then stands.
            return self.answered(f"{TOOL_KEY}:{key}")
        name = tool_name(function)
        described = (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")
        context = {**(ask.get("context") or {}), "tool": name, "description": described, "arguments": arguments}
        options = {"title": f"May the run call {name}?", **ask, "context": context}
        return self.answer_to(make_question(f"{TOOL_KEY}:{key}", form=TOOL_FORM, kind="approval", **options))

    def _execute(
        self,
        function: Callable[..., Any],
        key: str,
        arguments: dict[str, Any],
        allowed_by: str | None,
        transactional: bool,
    ) -> ToolResult:
        name = tool_name(function)
        line = Line("tool.executed", {"tool": name, "key": key, "arguments": arguments, "allowed_by": allowed_by})

        def call() -> dict[str, Any]:
            value = _call(function, arguments)
            return {"tool": name, "arguments": arguments, "by": allowed_by, "value": value}

        if transactional:
            done = self._backing.once_in_transaction(f"{TOOL_KEY}:{key}", call, line)
        else:
            done = self._backing.record(f"{TOOL_KEY}:{key}", call(), line)
        return ToolResult(done["value"], by=allowed_by or "", arguments=done["arguments"])


def tool_name(function: Callable[..., Any]) -> str:
    """Return what people read as a tool's name; that of the function inside for ``functools.partial``."""
    named = getattr(function, "func", function)
    return str(getattr(named, "__name__", type(named).__name__))


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        return async_to_sync(function)(**arguments)
    return function(**arguments)


def _require_the_same(key: str, before: str, name: str) -> None:
    if before != name:
        raise ValueError(
            f"The key {key!r} stands for a call of the tool {before} in this step, and is now used for {name}. "
            "Give each call a key of its own, the same whenever the step is called again."
        )
