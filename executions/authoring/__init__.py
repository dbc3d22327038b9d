"""What authors of workflows use. Importing it needs neither a database nor a loaded Django application registry."""

from executions.authoring.answers import Answer, Approval
from executions.authoring.asynchronous import AsyncContext
from executions.authoring.children import Child
from executions.authoring.context import Context
from executions.authoring.files import FileRules, StoredFile
from executions.authoring.flow import DeadlinePassed, Signal
from executions.authoring.inline import InlineResult, run_inline
from executions.authoring.route import Ask, Next, Pause
from executions.authoring.step import Step
from executions.authoring.tools import ToolResult
from executions.authoring.who import Who
from executions.authoring.workflow import Workflow

__all__ = [
    "Answer",
    "Approval",
    "Ask",
    "AsyncContext",
    "Child",
    "Context",
    "DeadlinePassed",
    "FileRules",
    "InlineResult",
    "Next",
    "Pause",
    "Signal",
    "Step",
    "StoredFile",
    "ToolResult",
    "Who",
    "Workflow",
    "run_inline",
]
