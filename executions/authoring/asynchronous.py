"""``ctx`` for handlers that are ``async``: the same methods, awaitable."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from executions.authoring.backing import MISSING

if TYPE_CHECKING:
    from executions.authoring.context import Context

PLAIN = frozenset({"ask", "attempt", "execution_id", "idempotency_key", "lifecycle", "resumed", "route", "step"})
"""What is looked up in memory and needs no await."""


class AsyncContext:
    """Handed to ``async`` steps: every method of ``Context`` that may touch the database is awaited.

    The database work is done in the worker's own thread, while the step's coroutine waits.

    Args:
        ctx: the context it stands for.
    """

    def __init__(self, ctx: "Context") -> None:
        object.__setattr__(self, "_ctx", ctx)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._ctx, name)
        return found if name in PLAIN or not callable(found) else sync_to_async(found, thread_sensitive=True)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._ctx, name, value)

    async def once(
        self, key: str, function: Callable[..., Any], /, *args: Any, transactional: bool = False, **kwargs: Any
    ) -> Any:
        """As ``Context.once``; the function may be ``async`` too, but then not ``transactional``."""
        once = sync_to_async(self._ctx.once, thread_sensitive=True)
        if transactional and not inspect.iscoroutinefunction(function):
            return await once(key, function, *args, transactional=True, **kwargs)
        if transactional:
            raise TypeError("A transactional function runs inside a database transaction; write it without async.")
        found = await sync_to_async(self._ctx.recorded_once, thread_sensitive=True)(key)
        if found is not MISSING:
            return found
        if inspect.iscoroutinefunction(function):
            result = await function(*args, **kwargs)
        else:
            # A plain function may still hand back something to be awaited, such as a lambda around a coroutine.
            result = await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
            result = await result if inspect.isawaitable(result) else result
        return await once(key, lambda: result)

    async def each(self, items: Iterable[Any], **options: Any) -> AsyncIterator[Any]:
        """As ``Context.each``, for ``async for``."""
        walk = self._ctx.each(items, **options)
        step = sync_to_async(lambda: next(walk, MISSING), thread_sensitive=True)
        while (item := await step()) is not MISSING:
            yield item
