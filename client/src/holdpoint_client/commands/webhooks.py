"""`holdpoint webhook`: which servers are told of events, and the log of what was sent."""

from typing import Annotated, Any

import typer

from holdpoint_client import completing
from holdpoint_client.commands.options import All, Cursor, Key, Limit, OptionalReason, Yes
from holdpoint_client.failures import usage
from holdpoint_client.ids import find_message, find_webhook
from holdpoint_client.session import Session
from holdpoint_client.values import labels, since
from holdpoint_client.views.webhooks import deliveries_table, delivery_block, webhook_block, webhooks_table
from holdpoint_client.words import clean, counted

type Document = dict[str, Any]

WebhookId = Annotated[
    str,
    typer.Argument(metavar="WEBHOOK", help="Id of a webhook, or its beginning.", autocompletion=completing.webhook_ids),
]
MessageId = Annotated[
    str, typer.Argument(metavar="MESSAGE", help="Id of a message, or its beginning, from `webhook deliveries`.")
]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="Kinds of events, families such as hold.*, or *; repeat it.")
]
Description = Annotated[str | None, typer.Option("--description", help="What it is for.")]
Workflows = Annotated[
    list[str] | None,
    typer.Option(
        "--workflow", "-w", help="Only events of runs of this workflow; repeat it.", autocompletion=completing.workflows
    ),
]
Labels = Annotated[
    list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="Only of runs with this label; repeat it.")
]


def list_webhooks(session: Session) -> None:
    """List the servers that are told of events, and how they do."""
    session.screen.page(session.api.get("/webhooks"), webhooks_table, "No server is told of events.")


def show(session: Session, id: WebhookId) -> None:
    """Show a webhook and how it does."""
    session.screen.one(session.api.get(_at(session, id)), webhook_block)


def create(
    session: Session,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages are posted; https.")],
    kind: Kinds = None,
    description: Description = None,
    workflow: Workflows = None,
    label: Labels = None,
    key: Key = None,
) -> None:
    """Have a server told of events.

    The secret of its signatures is printed this once, alone on stdout.
    """
    body = {**_body(kind or ["*"], description, workflow, label), "url": url}
    _tell_secret(session, session.api.post("/webhooks", body, key))


def change(
    session: Session,
    id: WebhookId,
    url: Annotated[str | None, typer.Option("--url", help="Where messages are posted; https.")] = None,
    kind: Kinds = None,
    description: Description = None,
    workflow: Workflows = None,
    label: Labels = None,
) -> None:
    """Change where events are sent, or which."""
    body = {**_body(kind, description, workflow, label), "url": url}
    session.screen.one(session.api.patch(_at(session, id), body), webhook_block)


def rotate(
    session: Session,
    id: WebhookId,
    overlap: Annotated[
        float | None, typer.Option("--overlap-hours", min=0, help="How long the old secret signs too; 0 if it leaked.")
    ] = None,
    key: Key = None,
) -> None:
    """Give a webhook a new secret.

    It is printed this once, alone on stdout.
    """
    _tell_secret(session, session.api.post(f"{_at(session, id)}/rotate", {"overlap_hours": overlap}, key))


def disable(
    session: Session,
    id: WebhookId,
    reason: OptionalReason = "",
    key: Key = None,
) -> None:
    """Send nothing to a webhook from now on; what waits is kept."""
    session.screen.one(session.api.post(f"{_at(session, id)}/disable", {"reason": reason}, key), webhook_block)


def enable(
    session: Session,
    id: WebhookId,
    catch_up: Annotated[bool, typer.Option("--catch-up", help="Tell it of all that happened meanwhile, too.")] = False,
    key: Key = None,
) -> None:
    """Have a webhook told of events again; what waited is sent now."""
    told = session.api.post(f"{_at(session, id)}/enable", {"catch_up": catch_up}, key)
    session.screen.one(told, webhook_block)


def delete(session: Session, id: WebhookId, yes: Yes = False) -> None:
    """Remove a webhook with its log; what waits is never sent."""
    if not yes:
        session.say(webhook_block(session.api.get(_at(session, id))))
        session.confirm("Remove this webhook and its log?")
    session.api.delete(_at(session, id))
    session.screen.aside("Removed.")


def send_test(session: Session, id: WebhookId, key: Key = None) -> None:
    """Have a test message sent, once."""
    sent = session.api.post(f"{_at(session, id)}/test", {}, key)
    _tell_message(session, id, sent)


def deliveries(
    session: Session,
    id: WebhookId,
    state: Annotated[
        str, typer.Option("--state", "-s", metavar="waiting|failing|failed|delivered", help="Only these.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only about events of this kind.")] = "",
    since_: Annotated[str, typer.Option("--since", metavar="TIME", help="A time, or so long ago: 24h.")] = "",
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List the messages of a webhook, newest first."""
    wanted = {"state": state, "kind": kind, "since": since(since_, "--since")}
    page = session.api.pages(f"{_at(session, id)}/deliveries", None if every else limit, cursor, **wanted)
    session.screen.page(page, deliveries_table, "No message.")


def delivery(session: Session, id: WebhookId, message: MessageId) -> None:
    """Show a message: what was sent and answered, every attempt."""
    path = _at(session, id)
    message = find_message(session.api, path, message).id
    session.screen.one(session.api.get(f"{path}/deliveries/{message}"), delivery_block)


def replay(
    session: Session,
    id: WebhookId,
    message: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="Id of a message; with --since, every one that was given up.")
    ] = "",
    since_: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Those given up that were written since: a time, or 24h.")
    ] = "",
    key: Key = None,
) -> None:
    """Send a message again, or every one that was given up."""
    if bool(message) == bool(since_):
        raise usage("Say which: the id of a message, or --since TIME for all that were given up.")
    if message:
        path = _at(session, id)
        message = find_message(session.api, path, message).id
        _tell_message(session, id, session.api.post(f"{path}/deliveries/{message}/replay", {}, key))
        return
    told = session.api.post(f"{_at(session, id)}/replay-failed", {"since": since(since_, "--since")}, key)
    if session.screen.as_json:
        session.screen.document(told)
    else:
        session.screen.show(f"{counted(told['messages'], 'message')} sent again now.")


def _at(session: Session, id: str) -> str:
    return f"/webhooks/{find_webhook(session.api, id).id}"


def _body(
    kinds: list[str] | None, description: str | None, workflows: list[str] | None, label: list[str] | None
) -> Document:
    wanted = labels(label) if label else None
    return {"kinds": kinds or None, "description": description, "workflows": workflows or None, "labels": wanted}


def _tell_secret(session: Session, made: Document) -> None:
    if session.screen.as_json:
        session.screen.document(made)
        return
    session.say(webhook_block(made))
    if made["secret"]:
        session.screen.show(clean(made["secret"]))
        session.screen.aside("Keep it now: it is shown this once.")
    else:
        session.screen.aside("Its secret was shown when it was made, and is not shown again.")


def _tell_message(session: Session, id: str, sent: Document) -> None:
    session.screen.one(sent, lambda each: deliveries_table([each], session.screen.width))
    if not session.screen.as_json:
        session.screen.aside(f"What came of it: holdpoint webhook delivery {id} {sent['id']}")
