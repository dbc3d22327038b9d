"""Requests and answers: sent again where that is safe, every refusal and every silence a Failure."""

import platform
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from holdpoint_client import __version__
from holdpoint_client.connection import Connection
from holdpoint_client.failures import Exit, Failure, failure, of_answer

USER_AGENT = f"holdpoint-cli/{__version__} ({platform.system()}; Python {platform.python_version()})"
"""The first part tells the server which door was used; histories then say `cli`."""
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
PAUSES = (0.3, 1.0)
"""Seconds before the second and the third try."""
LONGEST_WAIT = 5.0
"""Seconds; a server that asks for more patience than that is reported as away."""
BUSY = 429
PASSING = (BUSY, 502, 503, 504)
"""Statuses of servers and proxies that may say something else a moment later. After 429 nothing was done."""
ERRNO = re.compile(r"^\[Errno -?\d+\] ")
MAY_HAVE_HAPPENED = " The command may have been carried out. Look at the run"

type Document = dict[str, Any]


class Wire:
    """The way to one server.

    Args:
        connection: the server, and the token for it.
        timeout: for everything that is sent.
    """

    def __init__(self, connection: Connection, timeout: httpx.Timeout = TIMEOUT) -> None:
        self.url = connection.url
        self.has_answered = False
        self.tries = len(PAUSES) + 1
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {connection.token}",
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
            },
            timeout=timeout,
            follow_redirects=False,
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        key: str = "",
        shown_key: str = "",
        version: str = "",
        more: Mapping[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """Send a request and return its answer, whatever that says.

        Reads, and commands with an Idempotency-Key, are sent up to three times; what has neither is sent once, unless
        the server was never reached or had no time.

        Args:
            method: of HTTP.
            path: from the root of the server, such as ``/v1/holds``.
            key: Idempotency-Key, empty for none.
            shown_key: what to repeat the command with, where ``key`` was made from it.
            version: ETag that the thing must still have, empty for none.
            more: further headers.
            content: as httpx takes it.

        Raises:
            Failure: no answer.
        """
        own = {name: value for name, value in (("Idempotency-Key", key), ("If-Match", version)) if value}
        headers = httpx.Headers({**own, **(more or {})})
        repeatable = method == "GET" or bool(key)
        for wait in (*PAUSES[: self.tries - 1], None):
            try:
                response = self._http.request(method, f"{self.url}{path}", headers=headers, **content)
            except httpx.RequestError as error:
                if wait is None or not (repeatable or _was_not_sent(error)):
                    raise self._unreachable(error, shown_key or key, lost=method != "GET") from None
                time.sleep(wait)
                continue
            asked = _asked_to_wait(response)
            working = _is_worked_on(response)
            passes = working or (response.status_code in PASSING and (repeatable or response.status_code == BUSY))
            if wait is None or not passes or asked > LONGEST_WAIT:
                if working:
                    raise _unfinished(shown_key or key)
                return response
            time.sleep(max(wait, asked))
        raise AssertionError("the last try either returns or raises")

    @contextmanager
    def open(
        self,
        path: str,
        *,
        timeout: httpx.Timeout | None = None,
        accept: str = "*/*",
        headers: Any = None,
        whatever: bool = False,
        query: Any = None,
    ) -> Iterator[httpx.Response]:
        """Read an answer piece by piece.

        Args:
            path: from the root of the server.
            timeout: instead of the usual one.
            accept: the content types that are understood.
            headers: further ones.
            whatever: return refusals too.
            query: parameters.

        Raises:
            Failure: refused, or no answer; also while it is being read.
        """
        try:
            with self._http.stream(
                "GET",
                f"{self.url}{path}",
                params=query,
                headers=httpx.Headers({"Accept": accept, **(headers or {})}),
                timeout=timeout or TIMEOUT,
            ) as response:
                if not response.is_success and not whatever:
                    response.read()
                    self.refuse(response)
                self.has_answered = True
                yield response
        except httpx.RequestError as error:
            raise self._unreachable(error, "", lost=False) from None

    def read(self, response: httpx.Response) -> Document:
        """Return the document that an answer holds.

        Raises:
            Failure: it is a refusal, or nothing that Holdpoint would say.
        """
        if response.is_success:
            if response.status_code == httpx.codes.NO_CONTENT:
                self.has_answered = True
                return {}
            document = _json_of(response)
            if document is not None:
                self.has_answered = True
                return document
        self.refuse(response)
        raise AssertionError("a refusal is raised")

    def refuse(self, response: httpx.Response) -> None:
        """Raise what an answer that is no success says.

        Raises:
            Failure: always.
        """
        document = _json_of(response)
        if document is not None and "problem+json" in response.headers.get("Content-Type", ""):
            raise of_answer(response.status_code, document)
        if response.is_redirect:
            detail = f"{self.url} sends us to {response.headers.get('Location')}. Set HOLDPOINT_URL to where it leads."
        elif response.status_code == BUSY:
            asked = _asked_to_wait(response)
            detail = f"{self.url} has too many requests. Try again" + (f" in {asked:.0f} s." if asked else " later.")
        else:
            detail = f"{self.url} answered {response.status_code}, and not as Holdpoint does. Is the address right?"
        raise failure(Exit.UNREACHABLE, "unreachable", "No usable answer", detail)

    def _unreachable(self, error: httpx.RequestError, key: str, *, lost: bool) -> Failure:
        detail = f"No answer from {self.url}: {_in_words(error)}."
        if not lost or _was_not_sent(error):
            return failure(Exit.UNREACHABLE, "unreachable", "Server unreachable", detail)
        if not key:
            detail += f"{MAY_HAVE_HAPPENED} before you repeat it."
        else:
            detail += (
                f"{MAY_HAVE_HAPPENED}, or repeat the command with the same --idempotency-key: it then has no second"
                " effect."
            )
        return failure(Exit.UNREACHABLE, "unreachable", "Server unreachable", detail, idempotency_key=key)


def _is_worked_on(response: httpx.Response) -> bool:
    """Tell whether an earlier request with the same key is not through yet: its answer was lost on the way."""
    said = _json_of(response) if response.status_code == httpx.codes.CONFLICT else None
    return str((said or {}).get("type", "")).endswith(":in-progress")


def _unfinished(key: str) -> Failure:
    detail = "Repeat the command with the same --idempotency-key to be told how it ended; it has no second effect."
    return failure(Exit.UNREACHABLE, "in-progress", "Still being worked on", detail, idempotency_key=key)


def _was_not_sent(error: httpx.RequestError) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)


def _json_of(response: httpx.Response) -> Document | None:
    if "json" not in response.headers.get("Content-Type", ""):
        return None
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _asked_to_wait(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _in_words(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    text = ERRNO.sub("", str(error)).rstrip(".")
    return text[:1].lower() + text[1:] if text else type(error).__name__
