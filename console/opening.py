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


class Opening:
    """Have requests for streams wait for each other until they are answered, and no longer.

    To open one costs a few queries, to keep it none. Waiting here, they take neither a thread nor a connection. Waiting
    for the pool, some would get a 503, after which an ``EventSource`` never comes back.

    Args:
        application: the ASGI application.
        at_once: how many may be on their way to an answer.
    """

    def __init__(self, application: Application, at_once: int = AT_ONCE) -> None:
        self.application = application
        self._places = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(SUFFIX):
            await self.application(scope, receive, send)
            return
        await self._places.acquire()
        opening = True

        def opened() -> None:
            nonlocal opening
            if opening:
                opening = False
                self._places.release()

        async def sending(message: Message) -> None:
            opened()
            await send(message)

        try:
            await self.application(scope, receive, sending)
        finally:
            opened()
