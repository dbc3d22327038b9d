"""One open stream: what waits to be told, and how it ends."""

import asyncio
import contextlib
from collections import deque
from datetime import datetime

from console.follow.choice import Choice
from console.follow.standing import Credential, Standing
from console.follow.wire import Told

MOST_WAITING = 1000
"""Events that wait for a client that reads slowly; beyond so many it is read anew from the database, in pages."""
MOST_BYTES = 2_000_000


class Reader:
    """What the tail hands to one stream.

    Args:
        choice: which events it wants.
        credential: by what its client was let in.
        standing: how the client stood then.
        person: whose stream it is.
    """

    def __init__(self, choice: Choice, credential: Credential, standing: Standing, person: int) -> None:
        self.choice = choice
        self.credential = credential
        self.person = person
        self.behind = False
        self.stays = True
        self.parted = False
        self.ended: tuple[str, str] | None = None
        self._reached = ""
        self._until: datetime | None = None
        self._waiting: deque[Told] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.stand(standing)

    def stand(self, standing: Standing) -> None:
        """Remember how the client stands now."""
        self.choice.system = standing.system
        self._until = standing.until
        if standing.ended is not None:
            self.end(*standing.ended)

    def end(self, reason: str, detail: str) -> None:
        """Have the stream closed; nothing more is told."""
        self.ended = self.ended or (reason, detail)
        self._wake.set()

    def part(self) -> None:
        """Have the stream end as if the connection were lost: this process stops, and another one goes on."""
        self.parted = self.stays
        self._wake.set()

    def give(self, batch: list[Told], place: str) -> None:
        """Hand over a batch.

        Args:
            batch: its events, all of them.
            place: after the last of them.
        """
        self._reached = place
        wanted = [told for told in batch if self.choice.wants(told.line)]
        if not wanted:
            return
        self._waiting.extend(wanted)
        self._bytes += sum(told.size for told in wanted)
        if len(self._waiting) > MOST_WAITING or self._bytes > MOST_BYTES:
            self.behind = True
            self._forget()
        self._wake.set()

    def catch_up(self) -> None:
        """Begin again: whatever waits will be read from the database."""
        self.behind = False
        self._forget()

    async def take(self, seconds: float) -> tuple[list[Told], str]:
        """Wait for events, at most so long.

        Returns:
            The events, and the place after them and all that was left out; empty where that is not known.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience(seconds)):
                await self._wake.wait()
        self._look_at_the_clock()
        self._wake.clear()
        taken = list(self._waiting)
        reached = "" if self.behind else self._reached
        self._waiting.clear()
        self._bytes = 0
        return taken, reached

    def _patience(self, seconds: float) -> float:
        if self._until is None:
            return seconds
        return max(min(seconds, (self._until - datetime.now(self._until.tzinfo)).total_seconds()), 0)

    def _look_at_the_clock(self) -> None:
        if self._until is not None and self._until <= datetime.now(self._until.tzinfo):
            self.end("token_expired", f"This token expired at {self._until:%Y-%m-%d %H:%M} UTC.")

    def _forget(self) -> None:
        self._waiting.clear()
        self._bytes = 0
        self._reached = ""
