"""`holdpoint execution boundaries | timeline | evidence`: how a run came to where it is."""

from holdpoint_client.commands.options import Limit, RunId
from holdpoint_client.ids import run_path
from holdpoint_client.session import Session
from holdpoint_client.views.past import boundaries_table, evidence_block, timeline_block


def boundaries(session: Session, id: RunId, limit: Limit = 50) -> None:
    """List the lines that a run can be sent back to or forked from."""
    path = f"{run_path(session.api, id)}/boundaries"
    session.screen.page(session.api.get(path, limit=limit), boundaries_table, "This run has passed no boundary.")


def timeline(session: Session, id: RunId) -> None:
    """Show a run's life: its states in turn, and what was done."""
    told = session.api.get(f"{run_path(session.api, id)}/timeline")
    session.screen.one(told, timeline_block)


def evidence(
    session: Session,
    id: RunId,
) -> None:
    """Gather what an auditor asks about a run, its chain recomputed."""
    told = session.api.get(f"{run_path(session.api, id)}/evidence")
    session.screen.one(told, lambda each: evidence_block(each, session.screen.width))
