"""What authors of workflows use. Importing it needs neither a database nor a loaded Django application registry."""

from executions.authoring.context import Answer, Context
from executions.authoring.files import FileRules, StoredFile
from executions.authoring.flow import Signal
from executions.authoring.inline import InlineResult, run_inline
from executions.authoring.workflow import Step, Workflow

__all__ = [
    "Answer",
    "Context",
    "FileRules",
    "InlineResult",
    "Signal",
    "Step",
    "StoredFile",
    "Workflow",
    "run_inline",
]
