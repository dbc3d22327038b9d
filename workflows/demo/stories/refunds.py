"""Refunds: most are small and pass by themselves, some wait for a person, a few are held or go wrong."""

from contextlib import suppress
from typing import Any

from executions import commands
from executions.errors import Refused
from workflows.demo.teller import Teller
from workflows.demo.words import (
    BACK_AGAIN,
    CUSTOMER_WRITES,
    FIRST,
    LAST,
    OUTAGES,
    REFUND_CLEARED,
    REFUND_HOLDS,
    REFUND_PAUSES,
)


def request(rng: Any) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return title, input and labels of a refund somebody asks for."""
    customer = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    order = f"OR-{rng.randrange(20_100, 29_900)}"
    amount = rng.choice((rng.uniform(8, 99), rng.uniform(101, 260), rng.uniform(140, 1900)))
    payload = {
        "order": order,
        "customer": customer,
        "amount": f"{amount:.2f}",
        "reason": rng.choice(("damaged", "late", "returned", "other")),
        "note": rng.choice(CUSTOMER_WRITES),
    }
    labels = {"desk": "support", "channel": rng.choice(("shop", "online", "online", "phone"))}
    return f"Refund {order}, {customer}", payload, labels


def refund(tell: Teller) -> None:
    """Tell of one refund."""
    rng, team = tell.rng, tell.team
    title, payload, labels = request(rng)
    operator = team.operator(rng)
    tell.launch(operator, "refund-approval", payload, title=title, labels=labels, decide=0.8, pay=2.5, tell_customer=1)
    outage = {"pay": [ConnectionError(rng.choice(OUTAGES)) for _ in range(4 if tell.chance(0.5) else 1)]}
    failures = outage if tell.chance(0.07) else None
    if tell.work(failures=failures).state == "suspended":
        if tell.chance(0.1):
            _held(tell)
        elif tell.chance(0.1):
            _paused(tell)
        elif tell.chance(0.04):
            with suppress(Refused):  # and recorded: operators decide nothing
                tell.answer(operator)
        tell.think(45)
        if tell.chance(0.05):
            commands.cancel(operator, tell.run.pk, reason="The customer has withdrawn the request.")
        else:
            tell.answer()
        tell.work(failures=failures)
    if tell.run.state == "paused":
        tell.think(35)
        commands.resume(team.operator(rng), tell.run.pk, note=rng.choice(BACK_AGAIN))
        tell.work()


def _held(tell: Teller) -> None:
    rng = tell.rng
    which = rng.randrange(len(REFUND_HOLDS))
    reason, code, ticket = REFUND_HOLDS[which]
    reviewer = tell.team.reviewer(rng)
    tell.think(8)
    hold = commands.place(
        reviewer,
        tell.run.pk,
        reason=reason,
        reason_code=code,
        ticket=ticket,
        review_by=tell.review_on(2),
        blocks_cancel=True,
        dual_control=tell.chance(0.5),
    )
    tell.think(120)
    commands.annotate(reviewer, hold.pk, text="Asked; an answer is promised for tomorrow.")
    tell.think(600)
    tell.release(tell.team.reviewer(rng, reviewer), REFUND_CLEARED[which])


def _paused(tell: Teller) -> None:
    reason, code, ticket = tell.rng.choice(REFUND_PAUSES)
    tell.think(6)
    commands.pause(tell.team.operator(tell.rng), tell.run.pk, reason=reason, reason_code=code, ticket=ticket)
    tell.think(150)
    commands.resume(tell.team.operator(tell.rng), tell.run.pk, note="Cleared up; it may go on.")
