"""`holdpoint workflow list | show`: what can be launched."""

import typer

from holdpoint_client.api import in_path
from holdpoint_client.commands.options import Json, Workflow
from holdpoint_client.session import Session
from holdpoint_client.views.workflows import workflow_block, workflows_table


def list_workflows(context: typer.Context, as_json: Json = False) -> None:
    """List what can be launched."""
    session: Session = context.obj.begin(as_json)
    session.screen.page(session.api.get("/workflows"), workflows_table, "No workflow is known.")


def show(context: typer.Context, name: Workflow, as_json: Json = False) -> None:
    """Show a workflow: its route, its input, the files it takes."""
    session: Session = context.obj.begin(as_json)
    workflow = session.api.get(f"/workflows/{in_path(name)}")
    if as_json:
        session.screen.document(workflow)
    else:
        session.screen.show(workflow_block(workflow))
