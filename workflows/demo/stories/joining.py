"""Newcomers: days of waiting for people, approvals by two, and a contract."""

import datetime
from typing import Any

from workflows.demo.teller import Teller
from workflows.demo.words import FIRST, JOBS, LAST

HOURS = 30.0
"""How long each question stays open."""


def joiner(rng: Any) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return title, input and labels of somebody who joins."""
    name, role = f"{rng.choice(FIRST)} {rng.choice(LAST)}", rng.choice(JOBS)
    payload = {"name": name, "role": role, "production": "engineer" in role, "hours": HOURS}
    return f"{name} joins", payload, {"desk": "people", "office": rng.choice(("berlin", "lisbon", "remote"))}


def newcomer(tell: Teller) -> None:
    """Tell of somebody who joins."""
    rng = tell.rng
    title, payload, labels = joiner(rng)
    operator = tell.team.operator(rng)
    tell.launch(operator, "onboarding", payload, title=title, labels=labels, make_accounts=6, close=1)
    tell.work()
    while tell.run.state == "suspended":
        asked = tell.question()
        assert asked is not None
        if asked.kind in ("event", "time"):
            _waited(tell)
        elif asked.key == "details":
            tell.think(160)
            tell.answer()
        elif asked.key == "laptop" and tell.chance(0.4):
            _waited(tell)  # nobody chooses; the default is taken
        elif asked.key == "laptop":
            tell.think(60)
            tell.answer()
        else:
            _approved(tell)
        tell.work()


def _approved(tell: Teller) -> None:
    asked = tell.question()
    assert asked is not None
    tell.think(120)
    first = tell.team.reviewer(tell.rng)
    tell.answer(first, question=asked)
    if tell.question(asked.key):
        tell.think(200)
        tell.answer(tell.team.reviewer(tell.rng, first), question=asked)


def _waited(tell: Teller) -> None:
    """Wait for as long as the run itself does."""
    asked = tell.question()
    assert asked is not None
    due = asked.deadline
    if due is None:
        due = asked.conditions.get(closed_at__isnull=True).due_at
    tell.until(due + datetime.timedelta(seconds=1))
