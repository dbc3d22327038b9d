"""`holdpoint workflow list | show`: what can be launched."""

from holdpoint_client.api import in_path
from holdpoint_client.commands.options import Workflow
from holdpoint_client.session import Session
from holdpoint_client.views.workflows import workflow_block, workflows_table


def list_workflows(session: Session) -> None:
    """List what can be launched."""
    session.screen.page(session.api.get("/workflows"), workflows_table, "No workflow is known.")


def show(session: Session, name: Workflow) -> None:
    """Show a workflow: its route, its input, the files it takes."""
    workflow = session.api.get(f"/workflows/{in_path(name)}")
    session.screen.one(workflow, workflow_block)
