"""Holdpoint's domain: executions that people hold authority over.

Authors of workflows import from here and from nowhere else.
"""

from executions.authoring import (
    Answer,
    Approval,
    Ask,
    AsyncContext,
    Child,
    Context,
    DeadlinePassed,
    FileRules,
    Next,
    Signal,
    ToolResult,
    Who,
    Workflow,
    run_inline,
)

__all__ = [
    "Answer",
    "Approval",
    "Ask",
    "AsyncContext",
    "Child",
    "Context",
    "DeadlinePassed",
    "FileRules",
    "Next",
    "Signal",
    "ToolResult",
    "Who",
    "Workflow",
    "run_inline",
]
