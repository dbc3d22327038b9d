"""Audits of sites: a run for each, some of which ask, fail, or are tried again."""

from typing import Any

from executions import commands
from executions.models import Execution, Suspension
from executions.past import time_passed
from workflows.demo.teller import Teller
from workflows.demo.words import SITES

PURPOSES = ("Disks of the coast", "Disks before the backup window", "Monthly disk audit", "Disks after the migration")


def tour(rng: Any) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return title, input and labels of an audit of several sites."""
    sites = rng.sample(SITES, rng.randrange(3, 6))
    if rng.random() < 0.35:
        sites.append("unreachable-tromso")
    return rng.choice(PURPOSES), {"sites": "\n".join(sites)}, {"desk": "platform"}


def lone_site(tell: Teller) -> None:
    """Tell of the audit of one site."""
    rng = tell.rng
    site = rng.choice(SITES)
    operator = tell.team.operator(rng)
    labels = {"desk": "platform", "site": site}
    title = f"{site.capitalize()}, after the disk was changed"
    tell.launch(operator, "site-audit", {"site": site}, title=title, labels=labels, look=4, judge=1)
    broken: list[Exception] = [ConnectionError(f"{site} does not answer.") for _ in range(2)]
    tell.work(failures={"look": broken} if tell.chance(0.35) else None)
    if tell.run.state == "failed":
        tell.think(50)
        commands.retry(operator, tell.run.pk, reason="The site's router was restarted.")
        tell.work()
    _judged(tell, tell.run)


def fleet_audit(tell: Teller) -> None:
    """Tell of an audit of several sites."""
    rng = tell.rng
    title, payload, labels = tour(rng)
    operator = tell.team.operator(rng)
    tell.launch(operator, "fleet-audit", payload, title=title, labels=labels, look=3, judge=1, audit=1, sum_up=1)
    tell.work()
    children = list(tell.run.children.order_by("id"))
    for child in children:
        tell.work(run=child)
    for child in children:
        _judged(tell, child)
    time_passed()
    tell.work()
    if asked := tell.question():
        tell.think(80)
        tell.answer(question=asked)
        tell.work()


def _judged(tell: Teller, run: Execution) -> None:
    asked = Suspension.objects.filter(execution=run, closed_at__isnull=True).first()
    if asked is None:
        return
    tell.think(70)
    tell.answer(question=asked)
    tell.work(run=run)
