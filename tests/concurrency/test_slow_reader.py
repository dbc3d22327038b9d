"""A client that does not read: it costs a bounded queue, and gets everything from the database once it reads again."""

import asyncio
import re

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from console.follow import reader as waiting
from console.follow.choice import Choice
from console.follow.follower import open_streams
from console.follow.place import AmongAll, InRun
from console.follow.reader import Reader
from console.follow.standing import Credential, Standing
from console.follow.stream import stream
from executions import commands, queries
from executions.actors import SYSTEM
from executions.models import Execution
from executions.provenance import append
from executions.queries import tail

pytestmark = pytest.mark.usefixtures("live_db")

LINES = 60


@pytest.fixture
def run(cast) -> Execution:
    made = commands.launch(cast.actor("admin"), "noop", {})
    commands.cancel(cast.actor("admin"), made.pk, reason="only its ledger is wanted")
    return made


@pytest.mark.parametrize("place", ["all", "run"])
@pytest.mark.parametrize("limit", ["MOST_WAITING", "MOST_BYTES"])
def test_what_it_did_not_take_is_read_again_and_nothing_is_told_twice(run, cast, monkeypatch, place, limit):
    monkeypatch.setattr(waiting, limit, {"MOST_WAITING": 10, "MOST_BYTES": 5000}[limit])
    token, _ = commands.create_token(SYSTEM, cast.operator, name="slow")
    choice = Choice(ledgers=frozenset({run.pk}), routine=True)
    last = queries.history(run.pk, newest_first=True, limit=1)[0].seq
    start = AmongAll(tail.now(), choice) if place == "all" else InRun(run.pk, run.workflow, last)

    told, was_behind = asyncio.run(
        _follow(run, Reader(choice, Credential(token.pk), Standing(), cast.operator.pk), start)
    )

    assert was_behind, "it was to fall behind"
    assert told == list(range(last + 1, last + LINES + 2))
    assert open_streams() == 0


async def _follow(run: Execution, reader: Reader, start) -> tuple[list[int], bool]:
    told = stream(reader, start)
    text = ""
    async with asyncio.timeout(120):
        while "still here" not in text:
            text = await anext(told)
        # Nobody asks for more while these are written.
        await sync_to_async(_write, thread_sensitive=False)(run, LINES)
        while not reader.behind:
            await asyncio.sleep(0.01)
        was_behind = reader.behind
        seen: list[int] = []
        while len(seen) < LINES:
            seen += _numbers(await anext(told))
        await sync_to_async(_write, thread_sensitive=False)(run, 1)
        while len(seen) <= LINES:
            seen += _numbers(await anext(told))
    await told.aclose()
    return seen, was_behind


def _numbers(text: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'"seq":(\d+),', text)]


def _write(run: Execution, lines: int) -> None:
    for _ in range(lines):
        append(run.pk, "hold.noted", SYSTEM, data={"hold": "x" * 200})
    connections.close_all()
