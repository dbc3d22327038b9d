"""The baseline: the least that passes a message on to many open responses. One subscription, no database, no rights."""

import asyncio
import os
from typing import Any

import redis.asyncio

CHANNEL = "bench:bare"

_waiting: set[asyncio.Queue[bytes]] = set()
_reader: list[asyncio.Task[None]] = []


async def _read() -> None:
    async with redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]) as client, client.pubsub() as channel:
        await channel.subscribe(CHANNEL)
        async for message in channel.listen():
            if message["type"] == "message":
                for queue in _waiting:
                    queue.put_nowait(message["data"])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer every request with a stream."""
    if scope["type"] != "http":
        return
    if not _reader:
        _reader.append(asyncio.create_task(_read()))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b": still here\n\n", "more_body": True})
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _waiting.add(queue)
    try:
        while True:
            await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
    finally:
        _waiting.discard(queue)
