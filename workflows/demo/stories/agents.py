"""Release agents: they ask which release, and may not touch production without a person."""

from collections.abc import Sequence
from typing import Any

from executions import commands
from workflows.agent_loop import RELEASES
from workflows.demo.teller import Teller

SERVICES = ("Backend", "Checkout", "Search", "Catalogue", "Warehouse scanner")
FROZEN = "Label printer"
"""The service that the demo begins with a freeze on; its past, which is written under that freeze, has no run of it."""
MOST_TURNS = 12
PACE = dict.fromkeys(("read", "look_up", "ask", "stage", "check", "go_live"), 8.0)
"""Seconds that each step takes, by and large."""


def errand(rng: Any, services: Sequence[str] = SERVICES) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return title, input and labels of what an agent is asked to do."""
    service, release = rng.choice(services), rng.choice((*RELEASES, ""))
    title = f"{service} {release} into production" if release else f"{service} into production"
    asked = f"Deploy {release} of the {service.lower()}." if release else f"Bring the new {service.lower()} live."
    return title, {"request": asked}, {"desk": "platform", "service": service.lower()}


def release(tell: Teller) -> None:
    """Tell of one errand."""
    rng = tell.rng
    title, payload, labels = errand(rng)
    operator = tell.team.operator(rng)
    tell.launch(operator, "release-agent", payload, title=title, labels=labels, **PACE)
    tell.work()
    for _ in range(MOST_TURNS):
        if tell.run.state == "paused":
            tell.think(15)
            commands.resume(operator, tell.run.pk, note="It is nearly there; let it spend what it needs.")
        elif tell.run.state == "suspended":
            tell.think(25)
            tell.answer()
        else:
            return
        tell.work()
