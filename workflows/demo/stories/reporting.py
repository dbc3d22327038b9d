"""Quarterly reports: drafted, looked at, sometimes drafted again."""

from typing import Any

from executions import commands
from workflows.demo.teller import Teller
from workflows.demo.words import REGIONS


def figures(rng: Any, *, sure: bool) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return title, input and labels of a report; where `sure`, nearly all branches have reported."""
    region, quarter = rng.choice(REGIONS), rng.choice(("Q1 2026", "Q2 2026", "Q3 2026"))
    branches, before = rng.randrange(6, 40), rng.uniform(180_000, 2_400_000)
    missing = 0 if sure else rng.randrange(1, max(branches // 4, 2))
    payload = {
        "region": region,
        "quarter": quarter,
        "revenue": f"{before * rng.uniform(0.88, 1.2):.2f}",
        "revenue_before": f"{before:.2f}",
        "branches": branches,
        "reported": branches - missing,
    }
    return f"{region}, {quarter}", payload, {"desk": "finance", "period": quarter[:2]}


def report(tell: Teller) -> None:
    """Tell of a report that is always reviewed."""
    title, payload, labels = figures(tell.rng, sure=tell.chance(0.5))
    tell.launch(tell.team.operator(tell.rng), "report-review", payload, title=title, labels=labels, draft=12, publish=2)
    tell.work()
    if tell.chance(0.1):
        _corrected(tell, payload)
    _reviewed(tell)


def sure_report(tell: Teller) -> None:
    """Tell of a report that is reviewed only when it is unsure of itself."""
    title, payload, labels = figures(tell.rng, sure=tell.chance(0.6))
    operator = tell.team.operator(tell.rng)
    tell.launch(operator, "report-by-confidence", payload, title=title, labels=labels, draft=9, publish=2)
    if tell.chance(0.08):
        reason = "Two branches send new figures until noon."
        act = {"draft": lambda: commands.pause(operator, tell.run.pk, reason=reason, reason_code="late-figures")}
        tell.work(during=act)
        tell.think(100)
        changes = {"reported": payload["branches"]}
        commands.amend_payload(tell.team.reviewer(tell.rng), tell.run.pk, changes=changes, reason="Both have reported.")
        tell.past.forward(40)
        commands.resume(operator, tell.run.pk, note="The figures are in.")
    tell.work()
    _reviewed(tell)


def _reviewed(tell: Teller) -> None:
    while tell.run.state == "suspended":
        tell.think(90)
        tell.answer()
        tell.work()


def _corrected(tell: Teller, payload: dict[str, Any]) -> None:
    reviewer = tell.team.reviewer(tell.rng)
    tell.think(20)
    revenue = f"{float(payload['revenue']) - 1200:.2f}"
    reason = "1,200.00 were booked in the wrong quarter."
    commands.pause(reviewer, tell.run.pk, reason="The revenue looks too high; comparing with the ledger.")
    tell.think(30)
    commands.amend_payload(reviewer, tell.run.pk, changes={"revenue": revenue}, reason=reason)
    operator = tell.team.operator(tell.rng)
    commands.retry(operator, tell.run.pk, from_step="draft", again=True, reason="Drafted from the corrected figures.")
    commands.resume(operator, tell.run.pk, note="Corrected; draft it again.")
    tell.work()
