"""`holdpoint freeze list | preview | place | lift`: stopping many runs at once, those of tomorrow too."""

from typing import Annotated, Any

import typer

from holdpoint_client import completing
from holdpoint_client.commands.options import (
    All,
    Cursor,
    FreezeId,
    Key,
    Limit,
    Reason,
    ReasonCode,
    ReviewBy,
    Ticket,
    Yes,
)
from holdpoint_client.failures import usage
from holdpoint_client.ids import facts_of, find_freeze
from holdpoint_client.session import Session, can_ask
from holdpoint_client.values import labels, moment
from holdpoint_client.views.freezes import freeze_block, freezes_table, preview_block, selector

Workflow = Annotated[
    str, typer.Option("--workflow", "-w", help="Runs of this workflow.", autocompletion=completing.workflows)
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME=VALUE", help="Runs with this label; repeat it for all of them."),
]
Everything = Annotated[bool, typer.Option("--everything", help="Every run there is.")]


def list_freezes(
    session: Session,
    lifted: Annotated[bool, typer.Option("--lifted", help="Lifted ones too.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List freezes in force, newest first."""
    page = session.api.pages("/freezes", None if every else limit, cursor, lifted=lifted)
    session.screen.page(page, freezes_table, "Nothing is frozen.")


def show(session: Session, id: FreezeId) -> None:
    """Show a freeze."""
    session.screen.one(facts_of(session.api, "/freezes", find_freeze(session.api, id)), freeze_block)


def preview(
    session: Session,
    workflow: Workflow = "",
    label: Labels = None,
    everything: Everything = False,
) -> None:
    """Count what a freeze would stop now.

    Runs launched later are covered as well.
    """
    counted = _counted(session, _selector(workflow, label, everything))
    session.screen.one(counted, lambda each: preview_block(each, workflow))


def place(
    session: Session,
    workflow: Workflow = "",
    label: Labels = None,
    everything: Everything = False,
    reason: Reason = None,
    compliance: Annotated[
        bool, typer.Option("--compliance", help="Only who may release compliance holds may lift it.")
    ] = False,
    dual_control: Annotated[bool, typer.Option("--dual-control", help="Somebody other than you must lift it.")] = False,
    review_by: ReviewBy = None,
    reason_code: ReasonCode = "",
    ticket: Ticket = "",
    yes: Yes = False,
    key: Key = None,
) -> None:
    """Stop every run of a workflow, with some labels, or all.

    It stops those that exist and those launched later, each at its next boundary.
    """
    chosen = _selector(workflow, label, everything)
    why = session.reason(reason, "Why freeze")
    if not yes:
        # Where nobody can be asked the numbers are not needed: a reading scope may be missing there.
        if can_ask():
            session.say(preview_block(_counted(session, chosen), workflow))
        session.confirm(f"Freeze {selector(chosen)}?")
    body = {
        **chosen,
        "reason": why,
        "kind": "compliance" if compliance else "operator",
        "dual_control": dual_control,
        "review_by": moment(review_by, "--review-by"),
        "reason_code": reason_code,
        "ticket": ticket,
    }
    _tell(session, session.api.post("/freezes", body, key))


def lift(
    session: Session,
    id: FreezeId,
    reason: Reason = None,
    rate: Annotated[
        float | None, typer.Option("--rate", help="Let so many runs a second go, those that waited longest first.")
    ] = None,
    key: Key = None,
) -> None:
    """Lift a freeze, at once or at a rate."""
    body = {"reason": session.reason(reason, "Why lift it"), "rate": rate}
    _tell(session, session.api.post(f"/freezes/{find_freeze(session.api, id).id}/lift", body, key))


def _selector(workflow: str, label: list[str] | None, everything: bool) -> dict[str, Any]:
    if not workflow and not label and not everything:
        raise usage("Say what: --workflow NAME, --label NAME=VALUE, or --everything.")
    return {"workflow": workflow, "labels": labels(label or []), "everything": everything}


def _counted(session: Session, chosen: dict[str, Any]) -> dict[str, Any]:
    wanted = [f"{name}:{value}" for name, value in chosen["labels"].items()]
    return session.api.get(
        "/freezes/preview", workflow=chosen["workflow"], label=wanted, everything=chosen["everything"]
    )


def _tell(session: Session, freeze: dict[str, Any]) -> None:
    session.screen.one(freeze, freeze_block)
