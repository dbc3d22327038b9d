"""`holdpoint execution boundaries | timeline | evidence`: how a run came to where it is."""

import typer

from holdpoint_client.commands.options import Json, Limit, RunId
from holdpoint_client.ids import find_run
from holdpoint_client.session import Session
from holdpoint_client.views.past import boundaries_table, evidence_block, timeline_block


def boundaries(context: typer.Context, id: RunId, limit: Limit = 50, as_json: Json = False) -> None:
    """List the lines that a run can be sent back to or forked from."""
    session: Session = context.obj.begin(as_json)
    path = f"/async-executions/{find_run(session.api, id).id}/boundaries"
    session.screen.page(session.api.get(path, limit=limit), boundaries_table, "This run has passed no boundary.")


def timeline(context: typer.Context, id: RunId, as_json: Json = False) -> None:
    """Show a run's life: its states in turn, and what was done."""
    session: Session = context.obj.begin(as_json)
    told = session.api.get(f"/async-executions/{find_run(session.api, id).id}/timeline")
    session.screen.one(told, timeline_block)


def evidence(
    context: typer.Context,
    id: RunId,
    as_json: Json = False,
) -> None:
    """Gather what an auditor asks about a run, its chain recomputed."""
    session: Session = context.obj.begin(as_json)
    told = session.api.get(f"/async-executions/{find_run(session.api, id).id}/evidence")
    session.screen.one(told, lambda each: evidence_block(each, session.screen.width))
