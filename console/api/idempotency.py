"""Idempotency-Key: the same POST sent twice has one effect and one answer."""

import functools
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from ninja.errors import HttpError

from console.access import Unauthenticated
from console.api.bodies import MULTIPART_TYPE, body_of, read
from console.api.identity import identify
from console.errors import problem, problem_of
from console.models import IdempotentRequest
from executions.actors import Actor
from executions.errors import Invalid, Refused, Unconfirmed
from executions.resumetoken import read_token, token_of
from executions.webhooks.secrets import inbound_secrets, shown

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
WAIT_SECONDS = 1.0
"""How long a request waits for another one with its key that is still being worked on."""
LOOK_SECONDS = 0.05
AGAIN_SECONDS = 1
PURGED_AT_ONCE = 500
KEY_LENGTH = 255
SEALED_FIELD = "resume_token"
SECRET_FIELD = "signing_secret"  # noqa: S105  (its name)
STORED_HEADERS = ("Content-Type", "Location", "ETag")

type Run = Callable[..., HttpResponse]


def idempotent(run: Run) -> Run:
    """Wrap an operation: a POST with a key is carried out once; its answer is given again for 24 hours.

    Every answer below 500 is kept, refusals too. An error on our side keeps nothing, so the request can be repeated. Of
    two at once one waits for the other's answer, for a moment and without a connection; then it is told to try again.
    """

    @functools.wraps(run)
    def once(request: HttpRequest, **arguments: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        if request.method != "POST" or key is None:
            return run(request, **arguments)
        try:
            actor = identify(request)
        except (Unauthenticated, HttpError):
            actor = None  # the operation itself will say so
        if actor is None:
            return run(request, **arguments)
        try:
            if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
                problem = f"{HEADER} must be 1 to {KEY_LENGTH} printable characters."
                raise Invalid(problem, errors={HEADER: [problem]})
            mark = fingerprint(request)
        except Refused as refusal:
            return problem_of(refusal)
        purge()
        try:
            return answer_once(request, actor, key, mark, arguments)
        except Unconfirmed as unconfirmed:
            # It was committed; what is told of it now is what is told again.
            response = problem_of(unconfirmed)
            keep(IdempotentRequest.objects.get(actor=actor.id, key=key), response)
            return response

    def answer_once(request: HttpRequest, actor: Actor, key: str, mark: str, arguments: dict[str, Any]) -> HttpResponse:
        ends = time.monotonic() + WAIT_SECONDS
        while (response := carry_out_once(request, actor, key, mark, arguments)) is None:
            if time.monotonic() >= ends:
                return in_progress()
            connection.close()  # back to the pool: who waits, perhaps for one that hangs, takes none from the others
            time.sleep(LOOK_SECONDS)
        return response

    def carry_out_once(
        request: HttpRequest, actor: Actor, key: str, mark: str, arguments: dict[str, Any]
    ) -> HttpResponse | None:
        with transaction.atomic():
            if not IdempotentRequest.take(actor.id, key):
                return None
            known, new = IdempotentRequest.objects.get_or_create(
                actor=actor.id, key=key, defaults={"fingerprint": mark}
            )
            if not new:
                return replay(known, mark)
            response = run(request, **arguments)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            else:
                keep(known, response)
            return response

    return once


def in_progress() -> HttpResponse:
    """Answer that another request with the same key has no answer yet."""
    detail = f"A request with this {HEADER} is still being worked on. Try again soon: it takes effect once."
    response = problem(409, "in-progress", "Still being worked on", detail)
    response["Retry-After"] = str(AGAIN_SECONDS)
    return response


def fingerprint(request: HttpRequest) -> str:
    """Return the sha256 of method, address and body; a form counts by its parts, as its boundaries differ each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == MULTIPART_TYPE:
        sent = read(request, files=True)
        digest.update(repr(sent.data).encode())
        for field, name, content in sent.files:
            digest.update(repr((field, name, hashlib.sha256(content).hexdigest())).encode())
    else:
        digest.update(body_of(request))
    return digest.hexdigest()


def replay(known: IdempotentRequest, mark: str) -> HttpResponse:
    """Give a stored answer again, or refuse a key that was used for another request."""
    if known.fingerprint != mark:
        problem = f"This {HEADER} was used for another request. Use a new key for each request."
        return problem_of(Invalid(problem, errors={HEADER: [problem]}))
    response = HttpResponse(unsealed(bytes(known.body)), status=known.status, headers=known.headers)
    response[REPLAYED] = "true"
    return response


def keep(known: IdempotentRequest, response: HttpResponse) -> None:
    """Store an answer with its request."""
    known.status = response.status_code
    known.headers = {name: response[name] for name in STORED_HEADERS if name in response}
    known.body = sealed(getattr(response, "content_to_keep", response.content))
    known.save(update_fields=["status", "headers", "body"])


def sealed(content: bytes) -> bytes:
    """Return an answer as it is stored: with whose resume token it holds in place of the token, and of its secret."""
    if SEALED_FIELD.encode() not in content:
        return content
    document = json.loads(content)
    token = read_token(document.get(SEALED_FIELD) or "") if isinstance(document, dict) else None
    if token is None:
        return content
    signed = {SECRET_FIELD: {"of": token.hex}} if document.get(SECRET_FIELD) else {}
    return json.dumps({**document, SEALED_FIELD: {"of": token.hex}, **signed}).encode()


def unsealed(content: bytes) -> bytes:
    """Return a stored answer as it was given. Only the answer's own fields count, not those of a payload in it."""
    if SEALED_FIELD.encode() not in content:
        return content
    document = json.loads(content)
    seal = document.get(SEALED_FIELD) if isinstance(document, dict) else None
    if not isinstance(seal, dict):
        return content
    key = uuid.UUID(seal["of"])
    signed = {SECRET_FIELD: shown(inbound_secrets(key)[0])} if document.get(SECRET_FIELD) else {}
    return json.dumps({**document, SEALED_FIELD: token_of(key), **signed}).encode()


def purge() -> None:
    """Forget answers older than 24 hours, some at a time; rows that another request is purging are left to it."""
    old = IdempotentRequest.objects.filter(created_at__lt=Now() - KEPT).order_by("created_at")
    with transaction.atomic():
        ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:PURGED_AT_ONCE])
        if ids:
            IdempotentRequest.objects.filter(pk__in=ids).delete()
