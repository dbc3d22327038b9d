"""One story per workflow. Each launches a run and says what people do with it, as far as time allows."""

from collections.abc import Callable

from workflows.demo.stories.agents import release
from workflows.demo.stories.audits import fleet_audit, lone_site
from workflows.demo.stories.batches import batch
from workflows.demo.stories.joining import newcomer
from workflows.demo.stories.refunds import refund
from workflows.demo.stories.reporting import report, sure_report
from workflows.demo.teller import Teller

type Story = Callable[[Teller], None]

STORIES: dict[Story, int] = {
    refund: 36,
    sure_report: 14,
    report: 10,
    batch: 16,
    release: 12,
    lone_site: 4,
    newcomer: 5,
    fleet_audit: 3,
}
"""Story → how often it is told, of a hundred."""
