"""A request of each operation, ready to be pasted: for curl, for Python, and for the terminal client."""

import functools
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from console.api.bodies import JSON_TYPE, MULTIPART_TYPE, REQUEST_PART

COMMANDS = Path(__file__).with_name("commands.json")
PART = re.compile(r"\{(\w+)\}")
STREAM_TYPE = "text/event-stream"
WHATEVER_IT_IS = "*"
"""For `If-Match`, where one must be sent."""
CONTINUED = " \\\n  "
SHORT = 60
"""Characters of JSON that stand in one line."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One way to send a request.

    Args:
        title: what it is for, such as ``curl``.
        text: to paste.
    """

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Request:
    """What a sample sends.

    Args:
        method: in capitals.
        url: whole.
        headers: besides the token, the key and the type of the body.
        has_token: whether the caller signs in.
        has_key: whether an Idempotency-Key may be sent.
        body: JSON; None for none.
        takes_body: the operation takes JSON.
        takes_file: the body is a file's bytes.
        answers: the type of content that it answers.
    """

    method: str
    url: str
    headers: dict[str, str]
    has_token: bool
    has_key: bool
    body: Any
    takes_body: bool
    takes_file: bool
    answers: str


def samples(method: str, path: str, operation: dict[str, Any]) -> tuple[Sample, ...]:
    """Return the samples of an operation.

    Args:
        method: in capitals.
        path: with the names of what is filled in.
        operation: as the OpenAPI document describes it, examples included.
    """
    request = _request(method, path, operation)
    found = [Sample("curl", _curl(request)), Sample("Python", _python(request))]
    multipart = operation.get("requestBody", {}).get("content", {}).get(MULTIPART_TYPE)
    if multipart and request.body is not None:
        found.insert(1, Sample("curl, with files", _curl_with_files(request, multipart["schema"])))
    command = commands().get(operation["operationId"])
    terminal = _command(command, operation) if command else _any_request(request)
    return (*found, Sample("Terminal", terminal))


@functools.cache
def commands() -> dict[str, str]:
    """Return operation id → the terminal client's command, `{name}` for a part of the example.

    A test gives each of them and compares what it sends with the example.
    """
    found: dict[str, str] = json.loads(COMMANDS.read_text())
    return found


def _command(command: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON_TYPE, {}).get("example") or {}
    parts = {name: each[0] if isinstance(each, list) and each else each for name, each in body.items()}
    parts |= {each["name"]: each["example"] for each in operation["parameters"] if "example" in each}

    def filled(found: re.Match[str]) -> str:
        part = parts[found[1]]
        return shlex.quote(part if isinstance(part, str) else json.dumps(part, ensure_ascii=False))

    return f"holdpoint {PART.sub(filled, command)}"


def _any_request(request: _Request) -> str:
    """Return the command that sends any request, for what has none of its own."""
    words = ["holdpoint api", request.method, shlex.quote(request.url.removeprefix(settings.HOLDPOINT["PUBLIC_URL"]))]
    words += [f"-H '{name}: {value}'" for name, value in request.headers.items()]
    words += [f"--data {shlex.quote(_json(request.body))}"] if request.body is not None else []
    return " ".join(words)


def first_steps() -> dict[str, str]:
    """Return what the overview shows beside each of its parts, for a shell."""
    base = settings.HOLDPOINT["PUBLIC_URL"]
    signed = '-H "Authorization: Bearer $HOLDPOINT_TOKEN"'
    runs = f"{base}/v1/async-executions"
    as_json = "-H 'Content-Type: application/json'"
    pause = [f"curl -X POST {runs}/$RUN/pause", signed, "-H 'Idempotency-Key: totals-2026-11-21'", as_json]
    amend = [f"curl -X PATCH {runs}/$RUN/payload", signed, "-H 'If-Match: \"3\"'", as_json]
    steps = {
        "authentication": [f"export HOLDPOINT_TOKEN=hp_…\ncurl {base}/v1/me", signed],
        "idempotency": [*pause, '-d \'{"reason": "Totals differ"}\''],
        "versions": [*amend, '-d \'{"changes": {"amount": "48"}, "reason": "Typed wrongly"}\''],
        "lists": [f'curl "{runs}?state=paused&limit=50&cursor=$NEXT"', signed],
        "streams": [f"curl -N '{base}/v1/events/stream?kind=hold'", signed, '-H "Last-Event-ID: $LAST"'],
    }
    return {name: CONTINUED.join(lines) for name, lines in steps.items()}


def _request(method: str, path: str, operation: dict[str, Any]) -> _Request:
    query, headers = [], {}
    for parameter in operation["parameters"]:
        name, sent = parameter["name"], parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", _in_path(name.upper() if sent is None else sent))
        elif parameter["in"] == "query" and parameter.get("required"):
            query.append((name, sent))
        elif name == "If-Match" and parameter.get("required"):
            headers[name] = WHATEVER_IT_IS
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get(JSON_TYPE, {}).get("example")
    if body == {} and not operation["requestBody"].get("required"):
        body = None
    good = next(answer for status, answer in operation["responses"].items() if status < "400")
    return _Request(
        method=method,
        url=settings.HOLDPOINT["PUBLIC_URL"] + path + (f"?{urlencode(query, quote_via=quote)}" if query else ""),
        headers=headers,
        has_token=bool(operation["security"]),
        has_key=any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"]),
        body=body,
        takes_body=JSON_TYPE in content,
        takes_file="application/octet-stream" in content,
        answers=next(iter(good.get("content", {})), ""),
    )


def _curl(request: _Request) -> str:
    words = ["curl"]
    words += ["-N"] if request.answers == STREAM_TYPE else []
    words += ["-T one.xml"] if request.takes_file else []
    if request.method != "GET" and not request.takes_file:
        words += [f"-X {request.method}"]
    lines = [" ".join([*words, shlex.quote(request.url)]), *_curl_headers(request)]
    if request.body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_json(request.body))}"]
    return CONTINUED.join(lines)


def _curl_with_files(request: _Request, schema: dict[str, Any]) -> str:
    parts = [f"-F {shlex.quote(f'{REQUEST_PART}={_json(request.body)};type={JSON_TYPE}')}"]
    parts += [f"-F {shlex.quote(f'{name}=@one.xml')}" for name in schema["properties"] if name != REQUEST_PART]
    return CONTINUED.join([f"curl -X {request.method} {shlex.quote(request.url)}", *_curl_headers(request), *parts])


def _curl_headers(request: _Request) -> list[str]:
    lines = ['-H "Authorization: Bearer $HOLDPOINT_TOKEN"'] if request.has_token else []
    lines += ['-H "Idempotency-Key: $(uuidgen)"'] if request.has_key else []
    return lines + [f"-H '{name}: {value}'" for name, value in request.headers.items()]


def _json(value: Any) -> str:
    """Write JSON in one line where it is short."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= SHORT else json.dumps(value, ensure_ascii=False, indent=2)


def _python(request: _Request) -> str:
    imports = ["os"] if request.has_token else []
    imports += ["uuid"] if request.has_key else []
    lines = [f"import {name}" for name in imports] + ([""] if imports else []) + ["import httpx", ""]
    headers = ['"Authorization": f"Bearer {os.environ[\'HOLDPOINT_TOKEN\']}"'] if request.has_token else []
    headers += ['"Idempotency-Key": str(uuid.uuid4())'] if request.has_key else []
    headers += [f'"{name}": {_quoted(value)}' for name, value in request.headers.items()]
    arguments = [f"{_quoted(request.url)},"]
    if headers:
        arguments += ["headers={", *(f"    {each}," for each in headers), "},"]
    if request.takes_file:
        arguments += ['content=open("one.xml", "rb"),']
    if request.body is not None:
        arguments += f"json={_literal(request.body)},".split("\n")
    if request.answers == STREAM_TYPE:
        arguments += ["timeout=None,"]
        lines += [
            f'with httpx.stream(\n    "{request.method}",',
            *(f"    {each}" for each in arguments),
            ") as answer:",
        ]
        return "\n".join([*lines, "    for line in answer.iter_lines():", "        print(line)"])
    lines += [f"answer = httpx.{request.method.lower()}(", *(f"    {each}" for each in arguments), ")"]
    lines += ["answer.raise_for_status()"]
    if request.answers == JSON_TYPE:
        lines += ["print(answer.json())"]
    elif request.answers:
        lines += ["print(answer.text)"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literal(value: Any, indent: str = "") -> str:
    """Write a JSON value in Python, an object or list that is long over several lines."""
    if isinstance(value, str):
        return _quoted(value)
    if not isinstance(value, dict | list):
        return repr(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    deeper = f"{indent}    "
    if isinstance(value, dict):
        parts = [f"{_quoted(key)}: {_literal(each, deeper)}" for key, each in value.items()]
    else:
        parts = [_literal(each, deeper) for each in value]
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(line) <= SHORT and "\n" not in line:
        return line
    return "\n".join([opening, *(f"{deeper}{part}," for part in parts), f"{indent}{closing}"])


def _in_path(value: Any) -> str:
    """Write a part of an address; the mark of what is left out of a secret stays readable."""
    return quote(str(value), safe=":").replace(quote("…"), "…")
