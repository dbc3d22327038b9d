"""Over many runs the figures read bounded pieces of indexes: a scrape costs the same at a million."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.many import fill_runs
from executions.meters.figures import figures
from executions.meters.record import fold
from tests.pages.test_list_at_scale import explained

pytestmark = pytest.mark.django_db
RUNS, CAP = 15_000, 100
MOST_READ = 2_000
"""Runs that one statement may look at: so many in each of six states, and some that are passed over."""


def test_a_scrape_reads_a_bounded_part_of_every_table(monkeypatch):
    fill_runs(RUNS)
    fold()
    monkeypatch.setattr("executions.meters.figures.QUEUE_CAP", CAP)
    monkeypatch.setattr("executions.queries.system.QUEUE_CAP", CAP)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as captured:
        found = figures()
        fold()
    assert len({sample.labels[0] for sample in found if sample.name == "runs"}) >= 3
    statements = [each["sql"] for each in captured if each["sql"].lstrip().startswith(("SELECT", "(SELECT", "WITH"))]
    assert len(statements) > 8
    for statement in statements:
        for table, kind, rows in explained(statement):
            assert rows <= MOST_READ, f"{rows} rows of {table} by {kind}:\n{statement[:800]}"
