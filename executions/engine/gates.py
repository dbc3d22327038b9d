"""Freezes in SQL: the gate of the hot path, letting runs go one by one, and what was running before a freeze.

A freeze rewrites no run. The hot statements look for one that matches; mostly there is none, and the look is one into
an empty index. That look sees what was committed when its statement began: see docs/decisions/0011-a-grace-period.md.
"""

# A freeze that is being lifted stops only what was queued before: what comes to the queue later goes on as if it were
# gone, so that a run let go needs no second leave, and nobody waits behind a queue that is being worked off.
STOPPED = """
gate.lifted_at IS NULL AND (gate.workflow IS NULL OR gate.workflow = run.workflow) AND run.labels @> gate.labels
AND (gate.lifting_since IS NULL OR run.state_since <= gate.lifting_since)
"""
"""Condition: this freeze keeps this queued run from being claimed."""

NOT_FROZEN = f"NOT EXISTS (SELECT FROM executions_freeze AS gate WHERE {STOPPED})"

# For statements of a worker that is on the run: the workflow never changes, so it brings it along, and the look is made
# once per statement and not once per row and mention. Labels may change under it; they are looked up only where some
# freeze could match.
FROZEN = """
frozen AS MATERIALIZED (
    SELECT id FROM executions_freeze
    WHERE lifted_at IS NULL AND lifting_since IS NULL
      AND (workflow IS NULL OR workflow = %(workflow)s::text)
      AND (SELECT run.labels FROM executions_execution AS run WHERE run.id = %(id)s) @> labels
    ORDER BY placed_at LIMIT 1
)
"""
IS_FROZEN = "EXISTS (SELECT FROM frozen)"

BURST_SECONDS = 0.25
"""Leaves not taken in time can be taken this much later; older ones are forfeited, so that no flood follows a lull."""

# Take a leave of every freeze that is being lifted and stops this run: all of them or none. The row locks decide
# between workers; a freeze that is not being lifted makes it none.
ADMIT = f"""
WITH matching AS (
    SELECT gate.id, gate.lifting_since IS NOT NULL AND coalesce(
               clock_timestamp() >= gate.next_leave_at - interval '{BURST_SECONDS} seconds', false) AS leave
    FROM executions_execution AS run JOIN executions_freeze AS gate ON {STOPPED}
    WHERE run.id = %(id)s AND run.state = 'queued' AND (run.not_before IS NULL OR run.not_before <= clock_timestamp())
      AND EXISTS (SELECT FROM executions_freeze WHERE lifted_at IS NULL AND lifting_since IS NOT NULL)
    ORDER BY gate.id FOR UPDATE OF gate
)
UPDATE executions_freeze AS gate SET
    admitted = admitted + 1,
    next_leave_at = greatest(next_leave_at, clock_timestamp()) + interval '1 second' / lift_rate
FROM matching WHERE gate.id = matching.id AND (SELECT bool_and(leave) FROM matching)
RETURNING gate.id
"""  # noqa: S608

# Another worker was first: the leave goes back.
NOT_ADMITTED = """
UPDATE executions_freeze SET
    admitted = admitted - 1, next_leave_at = next_leave_at - interval '1 second' / lift_rate
WHERE id = ANY (%(through)s::uuid[]) AND lifted_at IS NULL
"""

# How many leaves each freeze that is being lifted has to give now.
LIFTING = f"""
SELECT id, greatest(0, floor(lift_rate * extract(epoch FROM clock_timestamp() + interval '{BURST_SECONDS} seconds'
                             - greatest(next_leave_at, clock_timestamp()))) + 1)::int AS leaves
FROM executions_freeze WHERE lifted_at IS NULL AND lifting_since IS NOT NULL
"""  # noqa: S608

# A part of the queue, oldest first, so that a million frozen runs are never walked at once. The walk is lazy and in
# order, so it ends when enough is found; `last` and `seen` say how far it went where nothing in it was wanted.
_WALK = """
WITH walked AS MATERIALIZED (
    SELECT id, priority, workflow, labels, state_since, not_before FROM executions_execution
    WHERE state = 'queued' AND id >= %(since)s ORDER BY id LIMIT %(part)s
)
SELECT CASE WHEN wanted.id IS NULL THEN (SELECT id FROM walked ORDER BY id DESC LIMIT 1) END AS last,
       CASE WHEN wanted.id IS NULL THEN (SELECT count(*) FROM walked) END AS seen,
       wanted.id, wanted.priority, wanted.frozen
FROM (SELECT) AS once LEFT JOIN LATERAL (
    SELECT run.id, run.priority, EXISTS (
        SELECT FROM executions_freeze AS gate WHERE {stopped} AND gate.lifting_since IS NULL) AS frozen
    FROM walked AS run
    WHERE (run.not_before IS NULL OR run.not_before <= now()) AND {condition}
    LIMIT %(limit)s
) AS wanted ON true
"""

UNFROZEN = _WALK.format(stopped=STOPPED, condition=f"run.state_since < now() - interval '1 second' AND {NOT_FROZEN}")
"""Runs of a part of the queue that no freeze stops."""

KEPT = _WALK.format(
    stopped=STOPPED,
    condition=f"EXISTS (SELECT FROM executions_freeze AS gate WHERE gate.id = %(freeze)s AND {STOPPED})",
)
"""Runs of a part of the queue that one freeze stops; `frozen` where one that is not being lifted stops it as well."""

OPEN_FREEZES = """
SELECT count(*) AS open,
       coalesce(bool_or(workflow IS NULL AND labels = '{}' AND lifting_since IS NULL), false) AS everything
FROM executions_freeze WHERE lifted_at IS NULL
"""

# Statements that may have looked before a freeze was committed. Each that can start a run holds this lock from before
# its snapshot was taken until its transaction ends, and is a transaction of its own; a session idle in a transaction
# is therefore none. A session whose state this role may not see counts as busy.
OLDER = """
SELECT lock.pid, lock.virtualtransaction FROM pg_locks AS lock
LEFT JOIN pg_stat_activity AS session ON session.pid = lock.pid
WHERE lock.locktype = 'relation' AND lock.relation = 'executions_execution'::regclass
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND lock.mode = 'RowExclusiveLock' AND lock.granted AND lock.pid <> pg_backend_pid()
  AND (session.state IS NULL OR session.state NOT LIKE 'idle%%')
"""

FROZEN_SECONDS = """
SELECT coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0)::float AS seconds
FROM unnest((
    SELECT range_agg(tstzrange(greatest(placed_at, %(since)s), least(coalesce(lifted_at, %(until)s), %(until)s)))
    FROM executions_freeze
    WHERE (workflow IS NULL OR workflow = %(workflow)s::text) AND %(labels)s::jsonb @> labels
      AND placed_at < %(until)s AND (lifted_at IS NULL OR lifted_at > %(since)s)
)) AS span
"""
"""Seconds of a span in which at least one freeze stopped such a run."""
