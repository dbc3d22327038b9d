"""Looking a host up while somebody waits for the answer: for a few seconds, and only a few at once.

A resolver cannot be told to hurry, and whoever owns a name decides how long its server is silent. A request that waited
with it would keep its thread and its connection to the database.
"""

import threading
from queue import Empty, SimpleQueue

from executions.outbound.addresses import Address
from executions.outbound.target import Refusal, Target

SECONDS = 5.0
AT_ONCE = 4
"""In one process. Those that hang count until the resolver gives up."""

places = threading.Semaphore(AT_ONCE)


def numbers_soon(target: Target) -> list[Address]:
    """Resolve and check a host as ``Target.numbers`` does, in seconds or not at all.

    Args:
        target: whose host.

    Raises:
        Refusal: one of its addresses may not be called, or too many names are being looked up.
        OSError: it cannot be resolved, or not in time.
    """
    if not places.acquire(blocking=False):
        raise Refusal("Several names are being looked up already. Try again in a moment.")
    came: SimpleQueue[list[Address] | Exception] = SimpleQueue()

    def look() -> None:
        try:
            came.put(target.numbers())
        except Exception as error:
            came.put(error)
        finally:
            places.release()

    threading.Thread(target=look, name="lookup", daemon=True).start()
    try:
        found = came.get(timeout=SECONDS)
    except Empty:
        raise TimeoutError(f"{target.host} was not resolved within {SECONDS:g} s.") from None
    if isinstance(found, Exception):
        raise found
    return found
