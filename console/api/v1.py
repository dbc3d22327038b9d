"""The API of version 1, put together."""

import functools
import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError

from console.access import Unauthenticated
from console.api import (
    audit,
    bulk,
    commands,
    figures,
    files,
    freezes,
    holds,
    inbox,
    labels,
    me,
    past,
    reasons,
    runs,
    streams,
    suspensions,
    system,
    tokens,
    triggers,
    verifications,
    views,
    webhooks,
    workflows,
)
from console.api.bodies import invalid
from console.api.description import DescribedAPI
from console.api.idempotency import idempotent
from console.api.identity import Session, Token
from console.api.problems import answer_refusal
from console.errors import DJANGO_ANSWERS, problem, problem_of, problem_of_unauthenticated
from executions.errors import Invalid, Refused

DESCRIPTION = """Launch runs, pause, correct and resume them, answer their questions, read their histories.

**Sign in** with a token: `Authorization: Bearer hp_…`. `POST /v1/tokens`, the console's Settings or
`manage.py create_token` make one. Each operation says which scope it needs; `GET /v1/me` says which you have.

**Errors** are problem documents (RFC 9457): what happened and what to do, and of a run `state` and the commands that
are `allowed`. Whatever can come is listed with each operation; besides that, 405 for a method that an address does not
take, and 500 for what is our fault and logged.

**`Idempotency-Key`** on any POST makes it safe to repeat. **Lists** come in pages: send `next` back as `cursor`.
**Unknown fields** and parameters are refused. Times are in UTC."""

api = DescribedAPI(
    title="Holdpoint",
    version="1",
    description=DESCRIPTION,
    urls_namespace="v1",
    auth=[Token(), Session()],
    openapi_url="/openapi.json",
    docs_url=None,  # the reference is at /v1/docs (console/reference)
    servers=[{"url": "/", "description": "This installation"}],
)


def plain_address(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse parameters that an operation does not know, and NUL characters, which PostgreSQL cannot look for."""
    operation: Any = inspect.unwrap(run).__self__  # type: ignore[attr-defined]
    queries = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    known = {name for model in queries for name in model.__ninja_flatten_map__}

    @functools.wraps(run)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        unknown = sorted(set(request.GET) - known)
        if "\x00" in unquote(request.get_full_path()):
            problem = "The address holds a NUL character; remove it."
            return problem_of(Invalid(problem, errors={"url": [problem]}))
        if unknown:
            problem = f"Unknown parameter. Known: {', '.join(sorted(known)) or 'none'}."
            return problem_of(Invalid(f"{unknown[0][:60]}: {problem}", errors={name: [problem] for name in unknown}))
        return run(request, **arguments)

    return guarded


api.add_decorator(idempotent, mode="view")
api.add_decorator(plain_address, mode="view")

api.add_router("/workflows", workflows.router)
api.add_router("/async-executions", runs.router)
api.add_router("/async-executions", streams.of_runs)
api.add_router("/async-executions", commands.router)
api.add_router("/async-executions", files.router)
api.add_router("/async-executions", suspensions.of_runs)
api.add_router("/async-executions", past.router)
api.add_router("/bulk", bulk.router)
api.add_router("/holds", holds.router)
api.add_router("/freezes", freezes.router)
api.add_router("/suspensions", suspensions.router)
api.add_router("/triggers", triggers.webhooks)
api.add_router("/events", triggers.events)
api.add_router("/events", streams.of_all)
api.add_router("/audit", audit.router)
api.add_router("/audit/verifications", verifications.router)
api.add_router("/inbox", inbox.router)
api.add_router("/workflows", figures.of_workflows)
api.add_router("/figures", figures.router)
api.add_router("/system", system.router)
api.add_router("/people", system.people_router)
api.add_router("/me", me.router)
api.add_router("/tokens", tokens.router)
api.add_router("/views", views.router)
api.add_router("/reason-templates", reasons.router)
api.add_router("/labels", labels.router)
api.add_router("/webhooks", webhooks.router)


@api.exception_handler(Unauthenticated)
def unauthenticated(request: HttpRequest, error: Unauthenticated) -> HttpResponse:
    """Answer 401 with a challenge."""
    return problem_of_unauthenticated(error)


@api.exception_handler(Refused)
def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer as ``problems`` says."""
    return answer_refusal(request, refusal)


@api.exception_handler(ValidationError)
def bad_parameters(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer 422 for parameters of the address; bodies are checked by ``bodies``."""
    return problem_of(invalid(error.errors, strip=2))


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer with the status that ninja or ``identity`` chose."""
    code, title, _ = DJANGO_ANSWERS.get(error.status_code, ("error", "Error", ""))
    return problem(error.status_code, code, title, error.message)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer 404."""
    return problem(404, *DJANGO_ANSWERS[404])


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """Let Django log it, roll back and answer; the middleware gives that answer its form."""
    raise error
