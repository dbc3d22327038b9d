"""Any request of the API as it was typed: what is sent, and its answer as it comes."""

import codecs
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import httpx

from holdpoint_client.failures import exit_of, usage
from holdpoint_client.payloads import value_of
from holdpoint_client.session import Session
from holdpoint_client.words import clean, clean_lines

type Query = list[tuple[str, str]]

OUTSIDE = ("/healthz", "/readyz", "/metrics")
"""What a server answers besides version 1."""
JSON_TYPE = "application/json"
REQUEST_PART = "request"
"""Of multipart: the part that holds the JSON."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    Args:
        method: of HTTP, in capitals.
        path: from the root of the server.
        query: names and values.
        body: what JSON can hold; None for none.
        files: part, name and content of each file that goes beside the body.
        content: the body itself, where it is no JSON.
        headers: besides the usual ones.
        key: Idempotency-Key, empty for none.
    """

    method: str
    path: str
    query: Query
    body: Any
    files: list[tuple[str, str, bytes]]
    content: bytes | None
    headers: dict[str, str]
    key: str


def split(given: str, server: str) -> tuple[str, Query]:
    """Return the path and the query of what was typed.

    Args:
        given: a path, or a whole address of this server.
        server: its address.

    Raises:
        Failure: it is another server's, which is not given the token, or no address of the API.
    """
    path, _, query = given.removeprefix(server if given.startswith(f"{server}/") else "").partition("?")
    if "://" in path:
        raise usage(f"{path[:60]!r} is not at {server}. The token goes to no other server.")
    path = f"/{path.lstrip('/')}"
    if not path.isprintable() or not (path.startswith("/v1/") or path in OUTSIDE):
        raise usage(f"{path[:60]!r} is no address of the API. It begins with /v1/, such as /v1/me.")
    return path, parse_qsl(query, keep_blank_values=True)


def query_of(fields: list[str], raw: list[str]) -> Query:
    """Return fields as they stand in a query; ``a[]`` is written as ``a``, once for each value."""
    return [(name.removesuffix("[]"), value) for name, value in map(_parted, fields + raw)]


def body_of(given: Any, fields: list[str], raw: list[str]) -> Any:
    """Return a body: what was given, and in it each field that was named.

    Args:
        given: JSON; None for none.
        fields: each ``name=VALUE``, where VALUE is JSON, or the text itself where it is none.
        raw: the same, and VALUE is always the text.

    Raises:
        Failure: a field is written wrongly, or stands where there is no object.
    """
    read = [(name, value_of(text)) for name, text in map(_parted, fields)] + [_parted(each) for each in raw]
    for name, value in read:
        given = _with({} if given is None else given, name.split("."), value, name)
    return given


def _with(within: Any, path: list[str], value: Any, told: str) -> Any:
    if not isinstance(within, dict):
        raise usage(f"--field {told[:60]}: there is no object to put it in.")
    name, *rest = path
    if rest:
        return within | {name: _with(within.get(name, {}), rest, value, told)}
    if not name.endswith("[]"):
        return within | {name: value}
    name = name.removesuffix("[]")
    before = within.get(name, [])
    if not isinstance(before, list):
        raise usage(f"--field {told[:60]}: there is no list to add it to.")
    return within | {name: [*before, value]}


def _parted(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not name or not equals:
        raise usage(f"--field {field[:60]}: write it as name=value.")
    return name, value


def headers_of(given: list[str]) -> dict[str, str]:
    """Return headers by name, each given as ``Name: value``.

    Raises:
        Failure: one is written wrongly, or cannot be sent.
    """
    parts = [each.partition(":") for each in given]
    for name, colon, value in parts:
        if not name.strip() or not colon or not (name + value).isascii() or not (name + value).isprintable():
            raise usage(f"--header {name[:60]!r}: write it as 'Name: value', in ASCII.")
    return {name.strip(): value.strip() for name, _, value in parts}


def answers(session: Session, asked: Call, include: bool) -> None:
    """Send a request and print its answer.

    Args:
        session: this invocation.
        asked: the request.
        include: print status and headers too, beside it.

    Raises:
        Failure: refused, or no answer.
        SystemExit: refused with a document that is no problem, such as that of ``/readyz``.
    """
    with _sent(session, asked, include) as response:
        document = _document(response)
        if document is not None:
            session.screen.document(document)
        else:
            _copy(response)
        if response.is_error:
            raise SystemExit(exit_of(response.status_code))


def first_page(session: Session, asked: Call, include: bool) -> Any:
    """Read a list with all its pages; otherwise as ``answers``.

    Returns:
        Its first page, with the items of all.

    Raises:
        Failure: refused, no answer, or no list.
    """
    first: dict[str, Any] = {}
    items: list[Any] = []
    while True:
        with _sent(session, asked, include) as response:
            page = _document(response)
        if not isinstance(page, dict) or not isinstance(page.get("items"), list) or "next" not in page:
            raise usage(f"{asked.path} answers no list that has pages: leave out --all.")
        items += page["items"]
        first, following = first or page, page["next"]
        if following is None:
            return first | {"items": items, "next": None}
        # Within a history a place is a number, which is sent back under another name.
        place = "after" if isinstance(following, int) else "cursor"
        asked = replace(asked, query=[pair for pair in asked.query if pair[0] != place] + [(place, str(following))])


@contextmanager
def _sent(session: Session, asked: Call, include: bool) -> Iterator[httpx.Response]:
    wire = session.api.wire
    if asked.method == "GET":
        with wire.open(asked.path, headers=asked.headers, whatever=True, query=asked.query) as response:
            _look(session, response, include)
            yield response
        return
    content: dict[str, Any] = {}
    more = dict(asked.headers)
    encoded = b"" if asked.body is None else json.dumps(asked.body).encode()
    if asked.files:
        parts: list[tuple[str, Any]] = [(REQUEST_PART, (None, encoded or b"{}", JSON_TYPE))]
        content["files"] = parts + [(part, (name, each)) for part, name, each in asked.files]
    elif asked.content is not None or asked.body is not None:
        content["content"] = encoded if asked.content is None else asked.content
        more = {"Content-Type": JSON_TYPE if asked.content is None else "application/octet-stream", **more}
    response = wire.send(asked.method, asked.path, key=asked.key, more=more, params=asked.query, **content)
    _look(session, response, include)
    yield response


def _look(session: Session, response: httpx.Response, include: bool) -> None:
    """Print what stands above an answer; raise what is a problem, or no answer of Holdpoint's."""
    if include:
        lines = [f"HTTP {response.status_code} {response.reason_phrase}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        session.screen.aside("\n".join(map(clean, lines)) + "\n")
    if response.is_error or response.is_redirect:
        response.read()
        kind = response.headers.get("Content-Type", "")
        if "problem+json" in kind or _document(response) is None:
            session.api.wire.refuse(response)


def _document(response: httpx.Response) -> Any:
    if response.headers.get("Content-Type", "").partition(";")[0].strip() != JSON_TYPE:
        return None
    response.read()
    try:
        return response.json()
    except ValueError:
        return None


def _copy(response: httpx.Response) -> None:
    """Write what is no JSON as it comes; a terminal gets it without what it would obey."""
    pieces = iter([response.content]) if response.is_stream_consumed else response.iter_bytes()
    if not sys.stdout.isatty():
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        sys.stdout.write(clean_lines(decoder.decode(piece)))
        sys.stdout.flush()
