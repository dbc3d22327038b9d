"""Over many runs every search, filter and order of the list is answered by an index, whatever it finds."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.many import fill_runs, queries

pytestmark = pytest.mark.django_db
RUNS = 15_000
COUNT_CAP = 150
MOST_READ = 3_000
"""Runs that one statement may look at: so many for each of nine tabs, and as many again that a filter leaves out."""
MOST_QUERIES = 19


def scans(plan: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Return how each table was read, by what, and how many rows were looked at."""
    found = [part for child in plan.get("Plans", []) for part in scans(child)]
    if "Relation Name" in plan:
        looked = (
            plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        )
        found.append((plan["Relation Name"], plan["Node Type"], round(looked * plan["Actual Loops"])))
    return found


def explained(sql: str) -> list[tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        (told,) = cursor.fetchone()
    return scans((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])


def test_no_page_of_the_list_reads_more_than_a_bounded_part_of_the_table(cast, monkeypatch):
    fill_runs(RUNS)
    # As the table is smaller than a real one, so is the cap; and reading all of it is no bargain here either.
    monkeypatch.setattr("executions.queries.search.COUNT_CAP", COUNT_CAP)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    client = cast.client("operator")
    client.get("/executions")
    wrong, most = {}, 0
    for name, query in queries(RUNS).items():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/executions?{query}").status_code == 200
        most = max(most, len(captured))
        for each in captured.captured_queries:
            if '"executions_execution"' in each["sql"] and each["sql"].startswith(("SELECT", "(SELECT")):
                read = [scan for scan in explained(each["sql"]) if scan[0] == "executions_execution"]
                if sum(rows for _, _, rows in read) > MOST_READ:
                    wrong[name] = (read, each["sql"][:600])
    assert wrong == {}
    assert most <= MOST_QUERIES, "the number of queries depends on what is asked for, never on how much is found"
