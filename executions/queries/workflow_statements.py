"""The SQL of the workflows' figures: everything over the newest so many runs of each, a million or not."""

# The runs of one workflow that are looked at, newest first: ids sort by the time they were made. A look for each name,
# spelled out, because the planner must know the name: the runs of a rare one are found by its index, of a frequent one
# by walking the primary key. Joined to a list of names it would take one way for all of them.
_PART = """
(SELECT workflow AS name, id, outcome, created_at, finished_at FROM executions_execution
 WHERE workflow = %(name_{number})s AND id >= %(first)s::uuid ORDER BY id DESC LIMIT %(most)s)
"""


def sampling(statement: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """Return a statement over the newest runs of some workflows, and the parameters that hold their names.

    Args:
        statement: one of this module, with ``<sample>`` where the runs stand.
        names: of the workflows; at least one.
    """
    parts = "UNION ALL".join(_PART.format(number=number) for number in range(len(names)))
    return statement.replace("<sample>", parts), {f"name_{number}": name for number, name in enumerate(names)}


_TOOK = "extract(epoch FROM run.finished_at - run.created_at)"


def _spans(table: str, begins: str, ends: str, condition: str) -> str:
    """Return the join that sums a run's time in spans of a table, overlapping ones counted once; null where none."""
    # A span of a finished run ends with the run, whatever its row says; a range must not end before it begins.
    end = f"greatest({begins}, least(coalesce({ends}, 'infinity'), coalesce(run.finished_at, clock_timestamp())))"
    return f"""
LEFT JOIN LATERAL (
    SELECT sum(extract(epoch FROM upper(span) - lower(span))) AS seconds FROM (
        SELECT range_agg(tstzrange({begins}, {end})) AS spans FROM {table} WHERE execution_id = run.id AND {condition}
    ) AS merged, unnest(spans) AS span
)"""  # noqa: S608  (constants of this module)


# A breakpoint's hold keeps nobody before its step is reached, and no row says when that was: left out.
_HELD = _spans("executions_hold", "placed_at", "released_at", "before_step IS NULL")
_ASKED = _spans("executions_suspension", "opened_at", "closed_at", "kind IN ('input', 'approval')")

FIGURES = f"""
SELECT run.name, count(*) AS runs, min(run.created_at) AS oldest,
       count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
       count(*) FILTER (WHERE outcome = 'failed') AS failed,
       count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {_TOOK}) FILTER (WHERE outcome = 'succeeded') AS p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY {_TOOK}) FILTER (WHERE outcome = 'succeeded') AS p95,
       count(held.seconds) AS held, percentile_cont(0.5) WITHIN GROUP (ORDER BY held.seconds) AS held_seconds,
       count(waited.seconds) AS waited, percentile_cont(0.5) WITHIN GROUP (ORDER BY waited.seconds) AS waited_seconds
FROM (<sample>) AS run {_HELD} AS held ON true {_ASKED} AS waited ON true
GROUP BY run.name
"""  # noqa: S608  (constants of this module)

SERIES = f"""
SELECT run.name, date_bin(%(width)s, run.created_at AT TIME ZONE %(zone)s, %(origin)s::timestamp) AS begins,
       count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
       count(*) FILTER (WHERE outcome = 'failed') AS failed,
       count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE outcome IS NULL) AS unfinished,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {_TOOK}) FILTER (WHERE outcome = 'succeeded') AS p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY {_TOOK}) FILTER (WHERE outcome = 'succeeded') AS p95
FROM (<sample>) AS run
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  (constants of this module)

# One look at the index for each name there is, however many runs it has.
NAMES = """
WITH RECURSIVE known AS (
    (SELECT workflow FROM executions_execution ORDER BY workflow LIMIT 1)
    UNION ALL
    SELECT (SELECT run.workflow FROM executions_execution AS run WHERE run.workflow > known.workflow
            ORDER BY run.workflow LIMIT 1)
    FROM known WHERE known.workflow IS NOT NULL
)
SELECT workflow FROM known WHERE workflow IS NOT NULL LIMIT %(most)s
"""
