"""Commands and engine statements in any order, against a model of the facts.

``HOLDPOINT_MODEL_EXAMPLES`` and ``HOLDPOINT_MODEL_STEPS`` make the search larger than a daily test needs.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from executions import states
from tests.domain import story
from tests.domain.any_order.children import Children
from tests.domain.any_order.conditions import Conditions
from tests.domain.any_order.freezes import Freezes
from tests.domain.any_order.limits import Limits
from tests.domain.any_order.machine import REACHED
from tests.domain.any_order.model import ROUTE
from tests.domain.any_order.people import People
from tests.domain.any_order.questions import Questions
from tests.domain.any_order.workers import PLAIN, Workers

STARTS = (
    "queued",
    "pausing",
    "cancelling",
    "failed",
    "suspended",
    "last step",
    "frozen",
    "votes",
    "waits",
    "children",
    "overspent",
)
"""Walks begin everywhere: by chance alone, those of this length would hardly reach some states."""
TOLD = {
    "freeze.applied",
    "suspension.answered",
    "suspension.voted",
    "suspension.expired",
    "suspension.escalated",
    "suspension.withdrawn",
    "trigger.fired",
    "trigger.late",
    "children.launched",
    "budget.exceeded",
    "budget.extended",
    "sla.breached",
    "sla.extended",
}
"""Lines of the history that the walks must have come by."""


class AnyOrder(People, Workers, Questions, Conditions, Freezes, Children, Limits):
    """All subjects together."""

    start = STARTS[0]

    @initialize()
    def launch(self) -> None:
        self.begin()
        if self.start == "queued":
            return
        self.claim(story.WORKER, late=False)
        getattr(self, f"_start_{self.start.replace(' ', '_')}")()

    def _start_pausing(self) -> None:
        self.pause("admin", before=None, scope="tree", when=[{"after_seconds": 60}])

    def _start_cancelling(self) -> None:
        self.cancel("admin", sure=0, scope="tree")

    def _start_failed(self) -> None:
        self.fail(0, PLAIN)

    def _start_suspended(self) -> None:
        self.suspend(0, old=False, late="fail")

    def _start_last_step(self) -> None:
        for _ in ROUTE[1:]:
            self.boundary(0, stop=False, value=None, skew=0)

    def _start_overspent(self) -> None:
        self.spend(0, amount=250)

    def _start_frozen(self) -> None:
        self.freeze("admin", selector="labels", kind=states.OPERATOR, dual=False)

    def _start_votes(self) -> None:
        self.approval(0, to="two", late="escalate")

    def _start_waits(self) -> None:
        self.wait(0, wait="match")

    def _start_children(self) -> None:
        self.launch_child(0)
        self.launch_child(0)
        self.wait(0, wait="children")


@pytest.mark.usefixtures("db")
def test_invariants_1_3_5_6_8_hold_in_any_order_of_commands_and_statements():
    for start in STARTS:
        run_state_machine_as_test(
            type("AnyOrder", (AnyOrder,), {"start": start}),
            settings=settings(
                max_examples=int(os.environ.get("HOLDPOINT_MODEL_EXAMPLES", "88")) // len(STARTS),
                stateful_step_count=int(os.environ.get("HOLDPOINT_MODEL_STEPS", "50")),
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.explicit, Phase.generate, Phase.target, Phase.shrink),
                derandomize="HOLDPOINT_MODEL_EXAMPLES" not in os.environ,
                database=None,
            ),
        )
    assert set(states.STATES) | TOLD <= set(REACHED), REACHED
