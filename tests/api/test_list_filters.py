"""The list of runs takes every filter and order that its page has, under the same names; bulk takes them too."""

import pytest
from django.http import QueryDict

from console.api.run_choice import RunChoice
from console.pages.list_address import FILTERS, read_filter
from executions.queries import SORTS
from tests.api.conftest import problem

pytestmark = pytest.mark.django_db
RUNS = "/v1/async-executions"
EACH = (
    "state=paused&state=failed",
    "workflow=noop&label=team:north&q=words&launched_by=admin",
    "held_by=reviewer&hold=compliance&parent=00000000-0000-0000-0000-000000000001",
    "freeze=00000000-0000-0000-0000-000000000001",
    "needs=1&launched_from=2026-01-01T00:00:00Z&launched_before=2026-02-01T00:00:00Z",
    "finished_from=2026-01-01T00:00:00Z&finished_before=2026-02-01T00:00:00Z",
)


def test_the_names_are_those_of_the_page():
    assert set(RunChoice.model_fields) == set(FILTERS)


@pytest.mark.parametrize("query", EACH)
def test_a_filter_means_what_it_means_on_the_page(query):
    given = QueryDict(query)
    taken = {name: given.getlist(name) if name == "state" else given[name] for name in given}
    assert RunChoice(**taken).wanted() == read_filter(given)


def test_runs_are_listed_and_counted_by_them(program, launch, path):
    operator, run = program("operator"), launch(title="Held one", labels={"only": "these"})
    other = launch(title="Free one", labels={"only": "these"}, priority=9)
    operator.post(path(run, "pause"), {"reason": "Totals differ"})

    def listed(query):
        answer = operator.get(f"{RUNS}?label=only&{query}")
        assert answer.status_code == 200, answer.content
        return [item["title"] for item in answer.json()["items"]]

    assert listed("needs=true") == listed("held_by=operator") == listed("hold=operator") == ["Held one"]
    assert listed("hold=compliance") == listed("finished=24h") == listed("launched_before=2020-01-01T00:00:00Z") == []
    assert listed("launched=1h&sort=oldest") == ["Held one", "Free one"]
    assert listed("sort=priority") == ["Free one", "Held one"]
    assert all(isinstance(listed(f"sort={sort}"), list) for sort in SORTS)
    counts = operator.get(f"{RUNS}/counts?label=only&state=failed").json()["states"]
    assert (counts["paused"], counts["queued"]["number"]) == ({"number": 1, "capped": False}, 1)
    preview = {"command": "pause", "reason": "r", "dry_run": True, "filter": {"label": "only", "launched": "1h"}}
    assert operator.post("/v1/bulk", preview).json()["matched"]["number"] == 2
    assert other.pk


def test_pages_lead_on_and_back(program, launch):
    operator = program("operator")
    for number in range(3):
        launch(title=f"Run {number}", labels={"paged": "yes"})
    first = operator.get(f"{RUNS}?label=paged&limit=2").json()
    second = operator.get(f"{RUNS}?label=paged&limit=2&cursor={first['next']}").json()
    assert (first["previous"], second["next"], len(second["items"])) == (None, None, 1)
    assert operator.get(f"{RUNS}?label=paged&limit=2&cursor={second['previous']}").json()["items"] == first["items"]


@pytest.mark.parametrize(
    "query",
    [
        "state=asleep",
        "sort=random",
        "launched=2h",
        "hold=iron",
        "launched_from=today",
        "finished_from=2026-01-01T00:00:00",
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(program, query):
    assert query.partition("=")[0] in problem(program("operator").get(f"{RUNS}?{query}"), 422)["errors"]
