"""Running coroutines where a loop may run already: Playwright keeps one in the tests' own thread."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_coroutine[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own and return its result."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


def away_from_loops[T](function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a function that starts a loop of its own, in a thread that has none."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(function, *args, **kwargs).result()
