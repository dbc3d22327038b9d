"""Tool calls that people see before they happen: selected, then reviewed, then executed once."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from executions.authoring.asking import make_question

if TYPE_CHECKING:
    from executions.authoring.context import Context

TOOL_FORM = "executions.approvals:ToolForm"


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


def call_tool(
    ctx: "Context",
    function: Callable[..., Any],
    approval: str | Callable[..., bool],
    key: str,
    ask: Mapping[str, Any],
    arguments: dict[str, Any],
) -> ToolResult:
    """Select a tool call, have it reviewed where it must be, and execute it once; see ``Context.tool``."""
    name = function.__name__
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise ValueError(f"The tool {name} cannot be called like this: {error}.") from error
    if approval not in ("always", "never") and not callable(approval):
        raise ValueError(f"approval of the tool {name} must be 'always', 'never' or a function, not {approval!r}.")
    wanted = approval(**arguments) if callable(approval) else approval == "always"
    if not wanted:
        return ToolResult(ctx.once(f"tool:{key}", function, **arguments), arguments=arguments)
    described = (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")
    context = {"tool": name, "description": described, "arguments": arguments}
    options = {"title": f"May the run call {name}?", "context": context, **ask}
    answer = ctx.answer_to(make_question(f"tool:{key}", form=TOOL_FORM, kind="approval", **options))
    if answer.expired:
        return ToolResult(refused=True, feedback="Nobody decided in time.", by=answer.by)
    if answer["decision"] != "approve":
        return ToolResult(refused=True, feedback=answer.get("reason") or answer.comment, by=answer.by)
    final = answer.get("arguments") or arguments
    return ToolResult(ctx.once(f"tool:{key}", function, **final), by=answer.by, arguments=final)
