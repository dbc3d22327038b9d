"""Reads the rows that everybody adds to."""

import json

from django.db import connection

from executions.meters.catalogue import CATALOGUE, GAUGE, HISTOGRAM
from executions.meters.memory import LEVEL_SECONDS
from executions.meters.record import MARK
from executions.meters.sample import Sample

MOST_ROWS = 20_000
BUSIEST = "_busiest"
"""Ends the name of the measure that tells a level of the one process which has most of it."""
READ = """
SELECT name, labels, count, total, buckets, extract(epoch FROM at)::float, at > now() - %(fresh)s * interval '1 second'
FROM executions_meter ORDER BY name, labels LIMIT %(most)s
"""


def sums() -> list[Sample]:
    """Return what all processes have added up, and what those that are alive tell of themselves, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(READ, {"fresh": LEVEL_SECONDS, "most": MOST_ROWS})
        rows = cursor.fetchall()
    found: list[Sample] = []
    levels: dict[str, float] = {}
    for name, labels, count, total, buckets, at, fresh in rows:
        metric = CATALOGUE.get(name)
        if name == MARK:
            found.append(Sample("record_folded_timestamp_seconds", (), at))
        elif metric is None:
            continue  # of an earlier version
        elif metric.kind == GAUGE:
            level = total if fresh else 0.0
            levels[name] = levels.get(name, 0.0) + level
            if (busiest := f"{name}{BUSIEST}") in CATALOGUE:
                levels[busiest] = max(levels.get(busiest, 0.0), level)
        elif metric.kind == HISTOGRAM:
            found.append(Sample(name, tuple(json.loads(labels)), total, tuple(buckets)))
        else:
            found.append(Sample(name, tuple(json.loads(labels)), float(count)))
    return found + [Sample(name, (), value) for name, value in levels.items()]
