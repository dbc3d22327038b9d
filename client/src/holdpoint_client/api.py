"""Speaking with the server: one request at a time, repeated where that is safe, every refusal a Failure."""

import json
import platform
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from holdpoint_client import __version__
from holdpoint_client.connection import Connection
from holdpoint_client.failures import Exit, failure, of_answer

USER_AGENT = f"holdpoint-cli/{__version__} ({platform.system()}; Python {platform.python_version()})"
"""The first part tells the server which door was used; histories then say `cli`."""
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
PAUSES = (0.3, 1.0)
"""Seconds before the second and the third try."""
LONGEST_WAIT = 5.0
"""Seconds; a server that asks for more patience than that is reported as away."""
PASSING = (502, 503, 504)
MOST_PER_PAGE = 200
ERRNO = re.compile(r"^\[Errno -?\d+\] ")

type Document = dict[str, Any]


class Api:
    """The HTTP API, version 1.

    Args:
        connection: the server, and the token for it.
    """

    def __init__(self, connection: Connection) -> None:
        self.url = connection.url
        self.has_answered = False
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {connection.token}",
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
            },
            timeout=TIMEOUT,
            follow_redirects=False,
        )

    def get(self, path: str, **query: Any) -> Document:
        """Read a document; parameters that are empty are left out.

        Raises:
            Failure: refused, or no answer.
        """
        wanted = {name: value for name, value in query.items() if value not in (None, "", [], ())}
        return self._send("GET", path, params=wanted)

    def post(self, path: str, body: Mapping[str, Any], key: str, shown_key: str = "") -> Document:
        """Give a command.

        Args:
            path: below ``/v1``.
            body: its fields; those that are None or empty texts are left out.
            key: Idempotency-Key. With the same one, the same command has one effect however often it is sent.
            shown_key: what to repeat the command with, where ``key`` was made from it.

        Raises:
            Failure: refused, or no answer.
        """
        return self._send("POST", path, key, shown_key, json=_given(body))

    def post_files(self, path: str, body: Mapping[str, Any], files: list[tuple[str, bytes]], key: str) -> Document:
        """Give a command with files: name and content of each. Otherwise as ``post``."""
        parts = [("request", (None, json.dumps(_given(body)).encode(), "application/json"))]
        parts += [("files", (name, content, "application/octet-stream")) for name, content in files]  # type: ignore[misc]
        return self._send("POST", path, key, files=parts)

    def pages(self, path: str, most: int | None, cursor: str | None = None, **query: Any) -> Document:
        """Read a list across its pages.

        Args:
            path: below ``/v1``.
            most: how many items at most; None for all.
            cursor: ``next`` of an earlier list.
            query: further parameters.

        Returns:
            ``items``, and ``next`` where there are more.
        """
        items: list[Document] = []
        while True:
            left = MOST_PER_PAGE if most is None else min(most - len(items), MOST_PER_PAGE)
            page = self.get(path, cursor=cursor, limit=left, **query)
            items += page["items"]
            cursor = page["next"]
            if cursor is None or (most is not None and len(items) >= most):
                return {"items": items, "next": cursor}

    def events(self, run_id: str, after: int) -> Iterator[Document]:
        """Yield a run's events in order, from the one after ``after`` to the last there is now."""
        at: int | None = after
        while at is not None:
            page = self.get(f"/async-executions/{run_id}/events", after=at, limit=MOST_PER_PAGE)
            yield from page["items"]
            at = page["next"]

    def _send(self, method: str, path: str, key: str = "", shown_key: str = "", **content: Any) -> Document:
        headers = {"Idempotency-Key": key} if key else {}
        for wait in (*PAUSES, None):
            try:
                response = self._http.request(method, f"{self.url}/v1{path}", headers=headers, **content)
            except httpx.RequestError as error:
                if wait is None:
                    raise self._unreachable(error, shown_key or key) from None
                time.sleep(wait)
                continue
            asked = _asked_to_wait(response)
            if wait is None or response.status_code not in PASSING or asked > LONGEST_WAIT:
                return self._read(response)
            time.sleep(max(wait, asked))
        raise AssertionError("the last try either returns or raises")

    def _read(self, response: httpx.Response) -> Document:
        kind = response.headers.get("Content-Type", "")
        if "json" in kind:
            try:
                document = response.json()
            except ValueError:
                document = None
            if response.is_success and isinstance(document, dict):
                self.has_answered = True
                return document
            if "problem+json" in kind and isinstance(document, dict):
                raise of_answer(response.status_code, document)
        if response.is_redirect:
            detail = f"{self.url} sends us to {response.headers.get('Location')}. Set HOLDPOINT_URL to where it leads."
        else:
            detail = f"{self.url} answered {response.status_code}, and not as Holdpoint does. Is the address right?"
        raise failure(Exit.UNREACHABLE, "unreachable", "No usable answer", detail)

    def _unreachable(self, error: httpx.RequestError, key: str) -> Exception:
        detail = f"No answer from {self.url}: {_in_words(error)}."
        if not key or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return failure(Exit.UNREACHABLE, "unreachable", "Server unreachable", detail)
        detail += (
            " The command may have been carried out. Look at the run, or repeat the command"
            " with the same --idempotency-key: it then has no second effect."
        )
        return failure(Exit.UNREACHABLE, "unreachable", "Server unreachable", detail, idempotency_key=key)


def new_key() -> str:
    """Return an Idempotency-Key that nobody has used."""
    return f"cli-{uuid.uuid4()}"


def _given(body: Mapping[str, Any]) -> Document:
    return {name: value for name, value in body.items() if value is not None and value != ""}


def _asked_to_wait(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _in_words(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    text = ERRNO.sub("", str(error)).rstrip(".")
    return text[:1].lower() + text[1:] if text else type(error).__name__
