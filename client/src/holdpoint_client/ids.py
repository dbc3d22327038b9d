"""Finding runs, holds and the rest by their ids or the beginnings of them."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdpoint_client.api import Api
from holdpoint_client.failures import Exit, Failure, failure, usage
from holdpoint_client.words import clean

SHORTEST = 8
"""Hexadecimal digits. Fewer are found nowhere: the server's search reads them as words."""
CANDIDATES = 6
HEX = re.compile(r"[0-9a-f]+")
WHOLE_IDS = 160
"""Columns of the screen from which on ids are shown uncut."""


@dataclass(frozen=True, slots=True)
class Found:
    """A run or a hold that a command is about.

    Args:
        id: its whole id.
        facts: its document, where it was looked up; empty for a whole id, which needs no looking up.
    """

    id: str
    facts: dict[str, Any]


def find_run(api: Api, text: str) -> Found:
    """Find a run by its id or a unique beginning of it.

    Args:
        api: the server.
        text: the id, or at least its first eight digits; hyphens do not matter.

    Raises:
        Failure: no run begins so, several do, or it is no beginning of an id.
    """
    digits = _digits(text, "run")
    if len(digits) == 32:
        return Found(str(uuid.UUID(digits)), {})
    page = api.pages("/async-executions", CANDIDATES, q=digits)
    return _only(_beginning(page["items"], digits), text, "run", "title", more=page["next"] is not None)


def run_path(api: Api, text: str) -> str:
    """Return where the API has a run, found as by ``find_run``."""
    return f"/async-executions/{find_run(api, text).id}"


def find_runs(api: Api, texts: list[str]) -> list[Found]:
    """Find several runs, each once, in the order given. All are found, or none is acted on."""
    found = {run.id: run for run in (find_run(api, text) for text in texts)}
    return list(found.values())


def find_hold(api: Api, text: str) -> Found:
    """Find a hold by its id or, among the open ones, by a unique beginning of it; errors as for runs."""
    return _find_in(api, text, "/holds", "open hold", "reason")


def find_question(api: Api, text: str) -> Found:
    """Find a question by its id or, among the open ones, by a beginning of it; errors as for runs."""
    return _find_in(api, text, "/suspensions", "question", "title")


def find_freeze(api: Api, text: str) -> Found:
    """Find a freeze by its id or, among the open ones, by a beginning of it; errors as for runs."""
    return _find_in(api, text, "/freezes", "freeze", "reason")


def find_job(api: Api, text: str) -> Found:
    """Find a bulk job by its id or, among the newest, by a beginning of it; errors as for runs."""
    return _find_in(api, text, "/bulk", "bulk job", "reason", most=1000)


def find_webhook(api: Api, text: str) -> Found:
    """Find a webhook by its id or a beginning of it; errors as for runs."""
    return _find_among(lambda: api.get("/webhooks")["items"], text, "webhook", "url")


def find_view(api: Api, text: str) -> Found:
    """Find a saved view by its name, its id or a beginning of that; errors as for runs."""
    views = api.get("/views")["items"]
    named = [view for view in views if view["name"] == text]
    if len(named) == 1:
        return Found(named[0]["id"], named[0])
    if not HEX.fullmatch(text.lower().replace("-", "")):
        many = "Several views are" if named else "No view is"
        raise failure(Exit.NOT_FOUND, "not-found", "Not found", f"{many} called {clean(text)!r}. Give its id.")
    return _find_among(lambda: views, text, "view", "name")


def find_template(api: Api, text: str) -> Found:
    """Find a template for reasons by its id or a beginning of it; errors as for runs."""
    return _find_among(lambda: api.get("/reason-templates")["items"], text, "template", "text")


def find_message(api: Api, path: str, text: str) -> Found:
    """Find a message of the webhook at ``path`` by its id or, among the newest, by a beginning of it."""
    return _find_in(api, text, f"{path}/deliveries", "message", "kind", most=1000)


def facts_of(api: Api, path: str, found: Found) -> dict[str, Any]:
    """Return the document of what was found below ``path``, read now where it was not looked up."""
    return found.facts or api.get(f"{path}/{found.id}")


def short(id: str, among: list[str]) -> str:
    """Return the beginning of an id: as far as its milliseconds, or as far as it takes to be the only one.

    Args:
        id: the whole id.
        among: the ids it stands beside.
    """
    others = [other for other in among if other != id]
    for length in (13, 18, 23):
        if not any(other.startswith(id[:length]) for other in others):
            return id[:length]
    return id


def shown_id(id: str, among: list[str], width: int) -> str:
    """Return a whole id where there is room for it, else as much as tells it from the others."""
    return id if width >= WHOLE_IDS else short(id, among)


def _find_in(api: Api, text: str, path: str, noun: str, label: str, most: int | None = None) -> Found:
    return _find_among(lambda: api.pages(path, most)["items"], text, noun, label)


def _find_among(items: Callable[[], list[dict[str, Any]]], text: str, noun: str, label: str) -> Found:
    digits = _digits(text, noun.removeprefix("open "))
    if len(digits) == 32:
        return Found(str(uuid.UUID(digits)), {})
    return _only(_beginning(items(), digits), text, noun, label, more=False)


def _digits(text: str, noun: str) -> str:
    digits = text.strip().lower().replace("-", "")
    if not SHORTEST <= len(digits) <= 32 or not HEX.fullmatch(digits):
        raise usage(f"{clean(text)[:60]!r} is no {noun}'s id. Give the id, or at least its first {SHORTEST} digits.")
    return digits


def _beginning(items: list[dict[str, Any]], digits: str) -> list[dict[str, Any]]:
    return [item for item in items if item["id"].replace("-", "").startswith(digits)]


def _only(items: list[dict[str, Any]], text: str, noun: str, label: str, *, more: bool) -> Found:
    if len(items) == 1 and not more:
        return Found(items[0]["id"], items[0])
    if not items:
        raise failure(Exit.NOT_FOUND, "not-found", "Not found", f"No {noun}'s id begins with {clean(text)}.")
    raise _several(items, text, noun, label, more)


def _several(items: list[dict[str, Any]], text: str, noun: str, label: str, more: bool) -> Failure:
    shown = "; ".join(f"{item['id']} ({clean(item[label])[:40]})" for item in items[:5])
    rest = " and more" if more or len(items) > 5 else ""
    return usage(f"Several {noun}s' ids begin with {clean(text)}: {shown}{rest}. Give more digits.")
