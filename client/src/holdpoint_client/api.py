"""The HTTP API, version 1, as the commands use it: documents in and out."""

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx

from holdpoint_client.connection import Connection
from holdpoint_client.failures import Exit, failure, usage
from holdpoint_client.wire import TIMEOUT, Document, Wire

MOST_PER_PAGE = 200
RAW = "application/octet-stream"
KEY = re.compile(r"[ -~]{1,255}")

type Files = list[tuple[str, str, bytes]]
"""Part, name and content of each file."""


class Api:
    """The HTTP API, version 1.

    Args:
        connection: the server, and the token for it.
        timeout: for everything that is sent.
    """

    def __init__(self, connection: Connection, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._connection, self._timeout = connection, timeout
        self.wire = Wire(connection, timeout)
        self.url = connection.url

    @property
    def has_answered(self) -> bool:
        """Whether the server was ever there; one that was is waited for."""
        return self.wire.has_answered

    def another(self) -> "Api":
        """Return one more way to the same server, for a thread of its own."""
        return Api(self._connection, self._timeout)

    def get(self, path: str, **query: Any) -> Document:
        """Read a document; parameters that are empty are left out.

        Raises:
            Failure: refused, or no answer.
        """
        return self.wire.read(self.wire.send("GET", f"/v1{path}", params=_wanted(query)))

    def run(self, run_id: str) -> Document:
        """Read all there is to know of a run; errors as for ``get``."""
        return self.get(f"/async-executions/{run_id}")

    def post(self, path: str, body: Mapping[str, Any], key: str | None = None, shown_key: str = "") -> Document:
        """Give a command.

        Args:
            path: below ``/v1``.
            body: its fields; those that are None or empty texts are left out.
            key: Idempotency-Key, or None for a new one. With the same one, the same command has one effect however
                often it is sent.
            shown_key: what to repeat the command with, where ``key`` was made from it.

        Raises:
            Failure: refused, or no answer.
        """
        answer = self.wire.send("POST", f"/v1{path}", key=key_of(key), shown_key=shown_key, json=given(body))
        return self.wire.read(answer)

    def call(self, path: str, body: Mapping[str, Any], key: str | None, secret: str) -> Document:
        """Call a webhook, signed as Standard Webhooks 1.0 has it where there is a secret; otherwise as ``post``."""
        content = json.dumps(given(body)).encode()
        key = key_of(key)
        headers = {"Content-Type": "application/json", **(signed(content, secret, key) if secret else {})}
        answer = self.wire.send("POST", f"/v1{path}", key=key, more=headers, content=content)
        return self.wire.read(answer)

    def post_files(self, path: str, body: Mapping[str, Any], files: Files, key: str | None) -> Document:
        """Give a command with files. Otherwise as ``post``."""
        parts: list[tuple[str, Any]] = [("request", (None, json.dumps(given(body)).encode(), "application/json"))]
        parts += [(part, (name, content, RAW)) for part, name, content in files]
        return self.wire.read(self.wire.send("POST", f"/v1{path}", key=key_of(key), files=parts))

    def patch(self, path: str, body: Mapping[str, Any], version: int | None = None) -> Document:
        """Change something, if it is still what somebody looked at.

        Args:
            path: below ``/v1``.
            body: its fields; as for ``post``.
            version: that it must still have; None where that does not matter.

        Raises:
            Failure: refused, or no answer; it is never sent twice.
        """
        mark = "" if version is None else f'"{version}"'
        return self.wire.read(self.wire.send("PATCH", f"/v1{path}", version=mark, json=given(body)))

    def put(self, path: str, body: Mapping[str, Any]) -> Document:
        """Make something what the body says; errors as for ``patch``."""
        return self.wire.read(self.wire.send("PUT", f"/v1{path}", json=given(body)))

    def put_file(self, path: str, content: bytes, reason: str, version: int | None) -> Document:
        """Store a new version of a file; arguments and errors as for ``patch``."""
        mark = "" if version is None else f'"{version}"'
        headers: dict[str, Any] = {"params": {"reason": reason}, "content": content}
        return self.wire.read(self.wire.send("PUT", f"/v1{path}", version=mark, **headers))

    def delete(self, path: str) -> Document:
        """Take something away; errors as for ``patch``."""
        return self.wire.read(self.wire.send("DELETE", f"/v1{path}"))

    def copy(self, path: str, file: BinaryIO, **query: Any) -> int:
        """Write what is no document, such as a file of a run or an export, piece by piece.

        Args:
            path: below ``/v1``.
            file: where to.
            query: parameters.

        Returns:
            How many bytes it has.

        Raises:
            Failure: refused, or no answer; also after a part of it was written.
            OSError: it cannot be written.
        """
        number = 0
        with self.wire.open(f"/v1{path}", query=_wanted(query)) as response:
            for piece in response.iter_bytes():
                file.write(piece)
                number += len(piece)
        file.flush()
        return number

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
        first: Document = {}
        while True:
            left = MOST_PER_PAGE if most is None else min(most - len(items), MOST_PER_PAGE)
            page = self.get(path, cursor=cursor, limit=left, **query)
            items += page["items"]
            cursor, first = page["next"], first or page
            if cursor is None or (most is not None and len(items) >= most):
                # What else the first page says, such as where the one before it is, holds for all of them.
                return {**first, "items": items, "next": cursor}

    def events(self, run_id: str, after: int) -> Iterator[Document]:
        """Yield a run's events in order, from the one after ``after`` to the last there is now."""
        at: int | None = after
        while at is not None:
            page = self.get(f"/async-executions/{run_id}/events", after=at, limit=MOST_PER_PAGE)
            yield from page["items"]
            at = page["next"]

    def readiness(self) -> Document:
        """Read whether the installation can do its work; it says what is missing in a document too.

        Raises:
            Failure: no answer, or none of Holdpoint's.
        """
        response = self.wire.send("GET", "/readyz")
        try:
            document = response.json()
        except ValueError:
            document = None
        if isinstance(document, dict) and "checks" in document:
            return document
        self.wire.refuse(response)
        raise failure(Exit.UNREACHABLE, "unreachable", "No usable answer", f"{self.url} does not say how it is.")


def key_of(given: str | None) -> str:
    """Return the Idempotency-Key that was given, or one that nobody has used.

    Raises:
        Failure: it cannot be sent.
    """
    if given is None:
        return f"cli-{uuid.uuid4()}"
    if not KEY.fullmatch(given):
        raise usage("--idempotency-key is empty, too long, or holds more than letters, digits and signs of ASCII.")
    return given


def given(body: Mapping[str, Any]) -> Document:
    """Return the fields that were given: not None, and no empty text."""
    return {name: value for name, value in body.items() if value is not None and value != ""}


def signed(content: bytes, secret: str, message: str) -> dict[str, str]:
    """Return the headers that sign a message.

    Args:
        content: the body.
        secret: ``whsec_…``.
        message: its id; each counts once.

    Raises:
        Failure: the secret is none.
    """
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except ValueError:
        raise usage("--secret is no signing secret; it looks like whsec_….") from None
    moment = str(int(time.time()))
    mark = hmac.new(key, f"{message}.{moment}.".encode() + content, hashlib.sha256).digest()
    told = {"webhook-id": message, "webhook-timestamp": moment}
    return {**told, "webhook-signature": f"v1,{base64.b64encode(mark).decode()}"}


def in_path(name: str) -> str:
    """Return a name as one part of an address."""
    return quote(name, safe="")


def _wanted(query: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: "true" if value is True else value for name, value in query.items()}
    return {name: value for name, value in said.items() if value not in (None, False, "", [], ())}
