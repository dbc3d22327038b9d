"""The pages of docs/reference that are made from the code: `python -m scripts.reference` writes them; tests compare."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
REFERENCE = PROJECT / "docs" / "reference"
CLIENT = PROJECT / "client" / "src"
ROUTES = """# Routes of the API

Every route of version 1, with its parameters and fields: the same that `/v1/docs` shows and `/v1/openapi.json`
describes. What they have in common, such as signing in, idempotency, cursors and errors, is in
[HTTP API](api.md). Any of them may refuse with a problem document; its status and `detail` say why.
"""
METRICS = """# Metrics

`GET /metrics`, for Prometheus: text format, or OpenMetrics where that is asked for. Every web process answers the same,
so scrape one of them, or the balancer. Who may, and how to set it up: [watch](../how-to/watch.md).

Labels take values from the code (states, kinds, workflows, routes), never from people or runs.

"""
KINDS = "## Kinds\n\n"


def routes() -> str:
    """Return routes.md, from the OpenAPI document."""
    from console.api.v1 import api

    document = api.get_openapi_schema(path_prefix="/v1/")
    schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            lines = "\n".join(_operation(method, path, operation, schemas))
            by_tag.setdefault((operation.get("tags") or ["Other"])[0], []).append(lines)
    parts = [ROUTES.rstrip()]
    for tag, operations in by_tag.items():
        parts += [f"## {tag}", *operations]
    parts += ["## Documents", *("\n".join(_document(name, schemas)) for name in sorted(_answered(document)))]
    return "\n\n".join(parts) + "\n"


def _answered(document: dict[str, Any]) -> set[str]:
    """Return the names of all documents that answers hold, those within others too."""
    schemas = document["components"]["schemas"]
    waiting = {"Problem"}
    for methods in document["paths"].values():
        for operation in methods.values():
            waiting |= _references(operation["responses"]) & set(schemas)  # else a problem, described once
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _references(schemas[name]) - found
    return found


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        named = str(part.get("$ref", ""))
        own = {named.rpartition("/")[2]} if named.startswith("#/components/schemas/") else set()
        return own.union(*map(_references, part.values()))
    return set().union(*map(_references, part)) if isinstance(part, list) else set()


def _document(name: str, schemas: dict[str, Any]) -> Iterator[str]:
    schema = schemas[name]
    yield f"### {name}"
    if told := _line(schema.get("description", "")):
        yield from ("", told)
    fields = schema.get("properties", {})
    if not fields:
        yield from ("", f"{_type(schema, schemas).capitalize()}.")
        return
    yield from ("", "| field | type | what it is |", "|---|---|---|")
    for field, each in fields.items():
        yield f"| `{field}` | {_type(each, schemas)} | {_line(each.get('description', ''))} |"


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`"
    yield ""
    yield f"{operation['summary'].rstrip('.')}. {_line(operation.get('description', ''))}".rstrip()
    fields = [
        _row(
            each["name"], each["in"], each["schema"], each.get("required", False), each.get("description", ""), schemas
        )
        for each in operation.get("parameters", [])
    ]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content["schema"], schemas)
        where = "body" if kind == "application/json" else "form" if "form" in kind else kind
        for name, each in schema.get("properties", {}).items():
            required = name in schema.get("required", [])
            fields.append(_row(name, where, each, required, None, schemas))
    if fields:
        yield from ("", "| name | in | type | what it is |", "|---|---|---|---|", *fields)
    good = [each for each in map(str, operation["responses"]) if each < "400"]
    problems = [each for each in map(str, operation["responses"]) if each >= "400"]
    answers = ", ".join(_answer(each, operation["responses"], schemas) for each in good)
    yield from ("", f"Answers {answers}. Problems: {', '.join(problems)}.")


def _answer(status: str, responses: dict[Any, Any], schemas: dict[str, Any]) -> str:
    answer = responses.get(status) or responses[int(status)]
    kinds = [
        _type(content["schema"], schemas) if kind == "application/json" else f"`{kind}`"
        for kind, content in answer.get("content", {}).items()
        if content.get("schema") is not None
    ]
    return f"{status} ({' or '.join(kinds)})" if kinds else status


def _row(
    name: str, where: str, schema: dict[str, Any], required: bool, told: str | None, schemas: dict[str, Any]
) -> str:
    what = _line(told or schema.get("description", ""))
    return f"| `{name}` | {where}{'' if required else ', optional'} | {_type(schema, schemas)} | {what} |"


def _type(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return a type in a few words; what may be null is no more than its other type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each, schemas) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return " ".join(f"`{each}`" for each in schema["enum"] if each != "")
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), schemas) or 'anything'}"
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        schema.get("type", ""), schema.get("type", "anything")
    )
    kind = "file" if "contentMediaType" in schema else kind
    return {"date-time": "time", "uuid": "id", "binary": "file"}.get(schema.get("format", ""), kind)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def metrics() -> str:
    """Return metrics.md, from the catalogue."""
    from executions.meters.catalogue import as_markdown

    return METRICS + as_markdown()


def events() -> str:
    """Return events.md: what stands before its list, and the list from the kinds."""
    from executions.provenance.kinds import as_markdown

    before, _, _ = (REFERENCE / "events.md").read_text().partition(KINDS)
    return before + KINDS + as_markdown()


def terminal() -> str:
    """Return terminal-commands.md, as the client itself prints it: it is a package of its own."""
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}
    command = [sys.executable, "-m", "holdpoint_client.reference"]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


PAGES = {"routes.md": routes, "metrics.md": metrics, "events.md": events, "terminal-commands.md": terminal}

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make())
