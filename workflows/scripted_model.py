"""A stand-in for a language model: rules that read a thread and choose the next move, always the same one."""

import re
from typing import Any

RELEASE = re.compile(r"\b\d+\.\d+\.\d+\b")


def next_move(thread: list[dict[str, Any]]) -> dict[str, Any]:
    """Choose the next move.

    Args:
        thread: what has happened so far: the request, tool calls with their results or refusals, answers of people.

    Returns:
        ``intent`` (``ask``, ``done`` or the name of a tool) and what belongs to it.
    """
    releases = _last(thread, "list_releases", "result")
    if releases is None:
        return {"intent": "list_releases", "arguments": {}}
    live = _last(thread, "deploy", "result", environment="production")
    if live is not None:
        return {"intent": "done", "message": live}
    wanted, refusal = _wanted(thread, releases)
    if wanted is None and refusal:
        return {"intent": "done", "message": f"Nothing was deployed to production. I was told: {refusal}"}
    if wanted is None:
        return {"intent": "ask", "question": "Which release is it to be?", "choices": releases}
    staging = {"release": wanted, "environment": "staging"}
    if _last(thread, "deploy", "result", **staging) is None:
        return {"intent": "deploy", "arguments": staging}
    checks = _last(thread, "run_checks", "result", **staging)
    if checks is None:
        return {"intent": "run_checks", "arguments": staging}
    if not checks["passed"]:
        return {"intent": "done", "message": f"{wanted} failed its checks on staging; production is as it was."}
    return {"intent": "deploy", "arguments": {"release": wanted, "environment": "production"}}


def _wanted(thread: list[dict[str, Any]], releases: list[str]) -> tuple[str | None, str]:
    """Return the release to deploy, and what a person said when they refused one that nobody has replaced since."""
    wanted, refusal, refused = None, "", set()
    for event in thread:
        if "refused" in event:
            wanted, refusal = None, event["refused"]
            refused.add(event["arguments"]["release"])
        said = event.get("refused") or event.get("text") or ""
        named = [release for release in RELEASE.findall(said) if release in releases and release not in refused]
        if named:
            wanted, refusal = named[0], ""
    return wanted, refusal


def _last(thread: list[dict[str, Any]], kind: str, key: str, **arguments: str) -> Any:
    for event in reversed(thread):
        if event["type"] == kind and key in event and arguments.items() <= event["arguments"].items():
            return event[key]
    return None
