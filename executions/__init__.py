"""Holdpoint's domain: executions that people hold authority over.

Authors of workflows import from here and from nowhere else.
"""

from executions.authoring import Answer, Context, FileRules, Signal, Workflow, run_inline

__all__ = ["Answer", "Context", "FileRules", "Signal", "Workflow", "run_inline"]
