"""How much anybody may send at once. Django keeps a whole body, on disk, before it asks who sends it."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from console.errors import API_PREFIX, problem

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]


class _TooMuch(Exception):
    """More was sent than is read."""


class BodyLimit:
    """Stops reading a request's body at a limit and answers 413.

    Args:
        application: the ASGI application behind it.
        most: bytes accepted of a request that brings credentials; whether they are good is asked later.
        of_strangers: bytes accepted of any other, which has nothing to send but a form.
        session_cookie: name of the cookie that counts as credentials, as an Authorization header does.
    """

    def __init__(self, application: Any, *, most: int, of_strangers: int, session_cookie: str) -> None:
        self._application = application
        self._most = most
        self._of_strangers = of_strangers
        self._cookie = f"{session_cookie}=".encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        limit = self._limit_for(scope["headers"])
        left = limit
        answered = False

        async def receive_within_limit() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0 and not answered:
                raise _TooMuch
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            if announced(scope["headers"]) > limit:
                raise _TooMuch
            await self._application(scope, receive_within_limit, send_and_note)
        except _TooMuch:
            await refuse(scope["path"], limit, send)

    def _limit_for(self, headers: Iterable[tuple[bytes, bytes]]) -> int:
        known = any(
            name == b"authorization" or (name == b"cookie" and self._cookie in value) for name, value in headers
        )
        return self._most if known else self._of_strangers


def announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the length that a request says its body has; 0 where it does not say."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def refuse(path: str, limit: int, send: Send) -> None:
    """Answer 413 and end the connection: the rest of the body is not wanted."""
    detail = f"At most {limit:,} bytes are accepted in one request. Nothing was kept."
    if path.startswith(API_PREFIX):
        answer = problem(413, "too-large", "Too large", detail)
        kind, body = answer["Content-Type"], answer.content
    else:
        kind, body = "text/plain; charset=utf-8", f"Too large. {detail}\n".encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
