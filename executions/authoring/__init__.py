"""What authors of workflows use. Importing it needs neither a database nor a loaded Django application registry."""

from executions.authoring.answers import Answer, Approval
from executions.authoring.context import Context
from executions.authoring.files import FileRules, StoredFile
from executions.authoring.flow import DeadlinePassed, Signal
from executions.authoring.inline import InlineResult, run_inline
from executions.authoring.who import Who
from executions.authoring.workflow import Step, Workflow

__all__ = [
    "Answer",
    "Approval",
    "Context",
    "DeadlinePassed",
    "FileRules",
    "InlineResult",
    "Signal",
    "Step",
    "StoredFile",
    "Who",
    "Workflow",
    "run_inline",
]
