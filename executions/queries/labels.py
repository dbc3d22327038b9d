"""Labels: their rules, and which ones runs carry."""

from dataclasses import dataclass

from django.db import connection

from executions.models import LabelRule

NEWEST_RUNS = 5_000
"""Runs that are looked at to see what is in use; the page says so."""
MOST_NAMES = 200
MOST_VALUES = 8

# Newest runs first by the primary key: ids sort by time.
IN_USE = """
WITH newest AS (SELECT labels FROM executions_execution ORDER BY id DESC LIMIT %(runs)s),
pair AS (
    SELECT each.key AS name, each.value, count(*) AS runs
    FROM newest, jsonb_each_text(newest.labels) AS each GROUP BY each.key, each.value
),
ranked AS (
    SELECT name, value, runs, row_number() OVER (PARTITION BY name ORDER BY runs DESC, value) AS place FROM pair
)
SELECT name, sum(runs)::bigint, count(*), array_agg(value ORDER BY place) FILTER (WHERE place <= %(values)s)
FROM ranked GROUP BY name ORDER BY 2 DESC, name LIMIT %(names)s
"""


@dataclass(frozen=True, slots=True)
class LabelInUse:
    """One label that runs carry.

    Args:
        name: its name.
        runs: how many of the newest runs carry it.
        distinct: how many values it has there.
        values: the most frequent of them.
    """

    name: str
    runs: int
    distinct: int
    values: list[str]


def labels_in_use() -> list[LabelInUse]:
    """Return the labels of the newest ``NEWEST_RUNS`` runs, most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(IN_USE, {"runs": NEWEST_RUNS, "values": MOST_VALUES, "names": MOST_NAMES})
        return [LabelInUse(*row) for row in cursor.fetchall()]


def list_label_rules() -> list[LabelRule]:
    """Return every rule by name. There are at most ``commands.label_rule.MOST_RULES``."""
    return list(LabelRule.objects.order_by("name"))
