"""Invoice batches: files, totals that differ, corrections, holds, and a ledger that must not be wrong."""

from typing import Any

from executions import commands
from workflows.demo.teller import Teller
from workflows.demo.words import (
    BACK_AGAIN,
    BATCH_GOES_ON,
    BATCH_HOLDS,
    BATCH_PAUSES,
    OUTAGES,
)
from workflows.invoices.samples import WRONG, samples

ENTITIES = {"Stockholm": "Lindqvist Varuhus AB", "Hamburg": "Lindqvist Handel GmbH"}
MONTHS = ("January", "February", "March", "April", "May")


def folder(rng: Any, *, wrong: int) -> tuple[str, dict[str, bytes], dict[str, str]]:
    """Return title, files and labels of a batch with so many wrong documents."""
    everything = samples()
    right = [name for name in everything if name not in WRONG]
    names = sorted(rng.sample(right, rng.randrange(2, 6)) + rng.sample(sorted(WRONG), wrong))
    entity, month = rng.choice(sorted(ENTITIES)), rng.choice(MONTHS)
    title = f"{month}, {rng.choice(('first week', 'second week', 'third week', 'all suppliers'))}, {entity}"
    labels = {"desk": "finance", "entity": entity, "period": "Q2" if month in ("April", "May") else "Q1"}
    return title, {name: everything[name] for name in names}, labels


def batch(tell: Teller) -> None:
    """Tell of one batch."""
    rng, team = tell.rng, tell.team
    title, files, labels = folder(rng, wrong=rng.choice((0, 0, 1, 1, 2)))
    operator = team.operator(rng)
    medians = {"extract": 2.0 * len(files), "reconcile": 1.0, "post": 3.0 * len(files), "summarise": 1.5}
    tell.launch(operator, "invoice-batch", {}, title=title, labels=labels, files=files, **medians)
    turn = rng.random()
    if turn < 0.16:
        _paused(tell)
    elif turn < 0.3:
        _held(tell)
    elif turn < 0.36:
        tell.work()
        if tell.run.state == "suspended":
            tell.think(20)
            commands.cancel(operator, tell.run.pk, reason="The same files went out an hour earlier.")
        tell.work()
        return
    outage = turn > 0.92
    failures: dict[str, list[Exception]] = {"post": [ConnectionError(rng.choice(OUTAGES)) for _ in range(4)]}
    tell.work(failures=failures if outage else None)
    while tell.run.state == "suspended":
        tell.think(55)
        tell.answer()
        tell.work(failures=failures if outage else None)
    if tell.run.state == "paused":
        tell.think(40)
        commands.resume(team.operator(rng), tell.run.pk, note=rng.choice(BACK_AGAIN))
        tell.work()


def _paused(tell: Teller) -> None:
    which = tell.rng.randrange(len(BATCH_PAUSES))
    reason, code, ticket = BATCH_PAUSES[which]
    operator = tell.team.operator(tell.rng)
    pause = {"extract": lambda: commands.pause(operator, tell.run.pk, reason=reason, reason_code=code, ticket=ticket)}
    tell.work(during=pause)
    tell.think(140)
    commands.resume(tell.team.operator(tell.rng), tell.run.pk, note=BATCH_GOES_ON[which])


def _held(tell: Teller) -> None:
    reason, code = tell.rng.choice(BATCH_HOLDS)
    reviewer = tell.team.reviewer(tell.rng)
    hold = commands.place(
        reviewer,
        tell.run.pk,
        reason=reason,
        reason_code=code,
        ticket=f"FIN-{tell.rng.randrange(2100, 2400)}",
        review_by=tell.review_on(1),
        blocks_cancel=True,
        dual_control=True,
    )
    tell.think(180)
    commands.annotate(tell.team.operator(tell.rng), hold.pk, text="Suppliers ask when they are paid. Any news?")
    tell.think(700)
    tell.release(tell.team.reviewer(tell.rng, reviewer), "Checked by a second person; nothing found.")
