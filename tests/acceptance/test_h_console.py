"""H10: the console has a list and a page per run, with the buttons that the rules allow."""

import re

import pytest

from executions import commands
from tests.domain import story

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def run(cast):
    return story.launch(cast, "noop")


def offered(html: str) -> set[str]:
    """Return the commands whose forms a page holds."""
    return set(re.findall(r'action="/executions/[0-9a-f-]{36}/([a-z-]+)"', html))


def test_h10_the_list_leads_to_each_run(cast, run):
    html = cast.client("operator").get("/executions").content.decode()
    assert f'href="/executions/{run.pk}"' in html
    assert "Queued" in html


def test_h10_the_page_of_a_run_offers_what_its_state_and_the_persons_role_allow(cast, run):
    operator, address = cast.client("operator"), f"/executions/{run.pk}"
    assert {"pause", "cancel"} <= offered(operator.get(address).content.decode())
    assert "resume" not in offered(operator.get(address).content.decode())
    commands.pause(cast.actor("operator"), run.pk, reason="look first")
    assert {"pause", "resume", "cancel"} <= offered(operator.get(address).content.decode())
    assert not {"pause", "resume", "cancel"} & offered(cast.client("auditor").get(address).content.decode())


def test_h10_a_button_does_what_it_says(cast, run):
    operator = cast.client("operator")
    assert (
        operator.post(f"/executions/{run.pk}/pause", {"pause-reason": "look first", "reason": "look first"}).status_code
        == 303
    )
    assert story.fresh(run).state == "paused"
    assert operator.post(f"/executions/{run.pk}/resume", {}).status_code == 303
    assert story.fresh(run).state == "queued"
