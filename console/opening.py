"""Lets few streams open at a time: after a restart hundreds of them come back within a second."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

AT_ONCE = 8
"""Half of the pool's connections: the other half is for pages and commands meanwhile."""
SUFFIX = "/stream"
METHODS = ("GET", "HEAD")


class Opening:
    """Have requests for streams wait for each other until they are answered, and no longer.

    To open one costs a few queries, to keep it none. Waiting here, they take neither a thread nor a connection. Waiting
    for the pool, some would get a 503, after which an ``EventSource`` never comes back.

    A request waits for its turn once all of it is there. A stream needs no body; whoever announced one and never sent
    it would keep a place for as long as he likes, and a few of those every place.

    Args:
        application: the ASGI application.
        at_once: how many may be on their way to an answer.
    """

    def __init__(self, application: Application, at_once: int = AT_ONCE) -> None:
        self.application = application
        self._places = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in METHODS or not scope["path"].endswith(SUFFIX):
            await self.application(scope, receive, send)
            return
        if not await heard_out(receive):
            return
        await self._places.acquire()
        opening = told = True

        async def receiving() -> Message:
            nonlocal told
            if told:
                told = False
                return {"type": "http.request", "body": b"", "more_body": False}
            return await receive()

        def opened() -> None:
            nonlocal opening
            if opening:
                opening = False
                self._places.release()

        async def sending(message: Message) -> None:
            opened()
            await send(message)

        try:
            await self.application(scope, receiving, sending)
        finally:
            opened()


async def heard_out(receive: Receive) -> bool:
    """Wait until a request was sent whole, and forget its body; tell whether its client is still there."""
    while (message := await receive())["type"] == "http.request":
        if not message.get("more_body"):
            return True
    return False
