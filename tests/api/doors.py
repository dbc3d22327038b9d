"""Knocking at any route, with something there for it to act on."""

import re
import secrets
import uuid
from typing import Any

from django.utils import timezone

from executions.commands.reason import STARTERS
from executions.commands.token import digest_of
from executions.models import ApiToken, LabelRule, ReasonTemplate, SavedView, WebhookDelivery, WebhookEndpoint
from executions.queries.tail import now


class House:
    """A run under a compliance hold and a freeze, with a file, a question and a bulk job on its way.

    Args:
        program: the fixture.
        launch: the fixture.
        ask: the fixture.
    """

    def __init__(self, program: Any, launch: Any, ask: Any) -> None:
        admin = program("admin")
        self.run = launch("filing", files=[("a.txt", b"one")])
        self.hold = admin.post("/v1/holds", {"execution": str(self.run.pk), "reason": "Suspicious"}).json()
        body = {"workflow": "nobody", "reason": "why", "kind": "compliance"}
        self.freeze = admin.post("/v1/freezes", body).json()
        self.asked = ask(self.run)
        body = {"command": "cancel", "ids": [str(self.run.pk)], "reason": "why", "rate": 0.01}
        self.job = admin.post("/v1/bulk", body).json()
        self.check = admin.post("/v1/audit/verifications", {}).json()

    def knock(self, client: Any, method: str, route: str, body: Any) -> Any:
        """Send a request of the table and return the answer."""
        address = self.address(client, route) + ("?reason=why" if method == "PUT" and "/files/" in route else "")
        body = self.filled(body) if isinstance(body, dict) else body
        return client.send(method, address, body, headers={"If-Match": "*"})

    def filled(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a body of the table with the run's id in it."""
        there: dict[str, Any] = {"{id}": str(self.run.pk), "['{id}']": [str(self.run.pk)]}
        return {name: there.get(str(value), value) for name, value in body.items()}

    def address(self, client: Any, route: str) -> str:
        """Return a route's address with everything in it filled in."""
        there = {"holds": self.hold["id"], "suspensions": self.asked.pk, "freezes": self.freeze["id"]}
        there |= {"async-executions": self.run.pk, "bulk": self.job["id"], "verifications": self.check["id"]}
        for noun, key in there.items():
            route = route.replace(f"/{noun}/{{id}}", f"/{noun}/{key}")
        for noun, name in (("workflows", "noop"), ("files", "a.txt"), ("answers", "decision")):
            route = re.sub(f"/{noun}/{{[a-z]+}}", f"/{noun}/{name}", route)
        route = route.replace("{ledger}", "system").replace("{seq}", "1")
        for noun, make in (("tokens", _token), ("views", _view), ("reason-templates", _template)):
            if f"/{noun}/{{id}}" in route:
                route = route.replace("{id}", str(make(client)))
        if "/labels/{name}" in route:
            LabelRule.objects.get_or_create(name="team")
            route = route.replace("{name}", "team")
        if "/webhooks/{id}" in route:
            hook, delivery = _webhook(enabled=not route.endswith("/enable"))
            route = route.replace("{id}", str(hook)).replace("{delivery}", str(delivery))
        return route


def _webhook(*, enabled: bool) -> tuple[uuid.UUID, uuid.UUID]:
    off = {} if enabled else {"disabled_at": timezone.now(), "disabled_because": "person"}
    hook = WebhookEndpoint.objects.create(
        url="https://8.8.8.8/", kinds=["*"], created_by="user:1", created_by_name="admin", cursor=str(now()), **off
    )
    message = WebhookDelivery.objects.create(endpoint=hook, message_id="msg_1", kind="hold.placed", body="{}")
    return hook.pk, message.pk


def _owner(client: Any) -> Any:
    return ApiToken.objects.get(digest=digest_of(client.token)).owner


def _token(client: Any) -> int:
    """Make one that may do as much as the client's: a token ends none that may do more."""
    mine = ApiToken.objects.get(digest=digest_of(client.token))
    return ApiToken.objects.create(name="another", owner=mine.owner, digest=secrets.token_hex(), scopes=mine.scopes).pk


def _view(client: Any) -> uuid.UUID:
    return SavedView.objects.create(owner=_owner(client), name=uuid.uuid4().hex, query="state=paused").pk


def _template(client: Any) -> uuid.UUID:
    text, code, offered = STARTERS[0]
    return ReasonTemplate.objects.get_or_create(text=text, defaults={"reason_code": code, "commands": list(offered)})[
        0
    ].pk
