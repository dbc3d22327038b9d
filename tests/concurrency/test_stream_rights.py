"""Whoever loses the right to read is told nothing that was committed after that, however it falls together."""

import asyncio
import json
import threading

import pytest
from django.db import connections

from console.follow import follower
from console.follow.choice import Choice
from console.follow.place import AmongAll, InRun
from console.follow.reader import Reader
from console.follow.standing import Credential, Standing
from console.follow.stream import stream
from executions import commands
from executions.actors import SYSTEM
from executions.models import ApiToken, Execution
from executions.provenance import append
from executions.queries import tail

pytestmark = pytest.mark.usefixtures("live_db")

AFTER = "after the revocation"


@pytest.fixture(autouse=True)
def _no_look_now_and_then(monkeypatch):
    monkeypatch.setattr(follower, "HEARTBEAT_SECONDS", 600)


@pytest.fixture
def run(cast) -> Execution:
    made = commands.launch(cast.actor("admin"), "noop", {})
    commands.cancel(cast.actor("admin"), made.pk, reason="only its ledger is wanted")
    return made


@pytest.fixture
def token(cast) -> ApiToken:
    return commands.create_token(SYSTEM, cast.operator, name="to be revoked")[0]


def told(token: ApiToken, place, choice: Choice, *, follow: bool = True) -> str:
    """Return what a stream tells until its end."""

    async def gather() -> str:
        reader = Reader(choice, Credential(token.pk), Standing(), token.owner_id)
        async with asyncio.timeout(60):
            return "".join([text async for text in stream(reader, place, follow=follow)])

    return asyncio.run(gather())


def revoke(token: ApiToken, run: Execution) -> None:
    commands.revoke_token(SYSTEM, token)
    append(run.pk, "hold.noted", SYSTEM, reason=AFTER, data={})
    connections.close_all()


def reason_of(text: str) -> str:
    """Return why the stream says that it ends."""
    return json.loads(text.rpartition("event: close\ndata: ")[2])["reason"]


def test_a_right_that_ends_while_the_first_stream_begins_is_noticed(run, token, monkeypatch):
    """The tail begins after the line that would tell of it."""
    now = tail.now

    def lately() -> tail.Cursor:
        monkeypatch.setattr(follower.tail, "now", now)
        revoke(token, run)
        return now()

    place = AmongAll(tail.now(), choice := Choice(ledgers=frozenset({run.pk})))
    monkeypatch.setattr(follower.tail, "now", lately)
    text = told(token, place, choice)
    assert AFTER not in text
    assert reason_of(text) == "token_revoked"


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("kind", ["all", "run"])
def test_who_catches_up_is_told_nothing_that_came_after(run, token, kind, follow, monkeypatch):
    choice = Choice(ledgers=frozenset({run.pk}), routine=True)
    place = AmongAll(tail.beginning(), choice) if kind == "all" else InRun(run.pk, run.workflow, 0)
    read, before = place.read, []

    def reading(until):
        if not before:
            revoke(token, run)
        before.append(until)
        return read(until)

    monkeypatch.setattr(place, "read", reading)
    text = told(token, place, choice, follow=follow)
    assert before, "it was revoked in the middle"
    assert AFTER not in text
    if follow:
        assert reason_of(text) == "token_revoked"


def test_of_two_looks_at_the_same_moment_the_later_one_counts(monkeypatch):
    """One now and then, one because a right was lost: the older answer must not undo the newer one."""
    mine = Credential(token=1)
    late, looks = threading.Event(), []

    def standings(_):
        looks.append(None)
        if len(looks) == 1:
            late.wait(60)
            return {mine: Standing(system=True)}
        return {mine: Standing(system=False)}

    async def look() -> bool:
        reader, here = Reader(Choice(), mine, Standing(system=True), 1), follower.Follower()
        first = asyncio.create_task(here._look({reader}))
        while not looks:
            await asyncio.sleep(0)
        second = asyncio.create_task(here._look({reader}))
        await asyncio.wait({second}, timeout=0.2)
        late.set()
        await asyncio.gather(first, second)
        return reader.choice.system

    monkeypatch.setattr(follower, "standings_of", standings)
    assert not asyncio.run(look())
