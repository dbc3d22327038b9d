"""The hot path in SQL: one statement, one commit, one round trip each.

Every statement that a worker sends is guarded by ``epoch``, which grows with each claim and each expiry. A worker that
was frozen past its lease finds its epoch gone and changes nothing. Parameters are psycopg's named ones; the
statements are prepared once per connection.
"""

from executions.engine.gates import FROZEN, IS_FROZEN, STOPPED

EVENT = "executions_event (ledger, kind, actor_id, actor_name, actor_role, via, reason, data)"

# Take a queued, due run, or a cancelling one whose clean-up is due. The WHERE is evaluated again after a lock was
# waited for, so of two claims one finds the run leased and gets no row; duplicates of a message are harmless.
# A freeze that matches keeps it in the queue, except for those that gave it leave (`through`); cleaning up it does not.
CLAIM = f"""
WITH claimed AS (
    UPDATE executions_execution AS run SET
        owner = %(owner)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second',
        epoch = epoch + 1, not_before = NULL, version = version + 1,
        state_since = CASE WHEN cancel_requested_at IS NULL THEN now() ELSE state_since END
    WHERE id = %(id)s AND lease_until IS NULL AND (not_before IS NULL OR not_before <= clock_timestamp())
      AND state IN ('queued', 'cancelling')
      AND (cancel_requested_at IS NOT NULL OR NOT EXISTS (
          SELECT FROM executions_freeze AS gate WHERE {STOPPED} AND gate.id <> ALL (%(through)s::uuid[])))
    RETURNING id, epoch, version, workflow, payload::text AS payload, ahead, steps_done, attempt, interrupted,
              passes, priority, parent_id, labels::text AS labels, fingerprint,
              CASE WHEN sla_breached_at IS NULL THEN extract(epoch FROM sla_due - clock_timestamp())::float END
                  AS sla_seconds,
              cancel_requested_at IS NOT NULL AS cancelling, resumed::text AS resumed
), told AS (
    INSERT INTO {EVENT}
    SELECT id, 'lease.acquired', %(actor)s, %(owner)s, 'worker', 'engine', '',
           json_build_object('step', ahead[1], 'position', steps_done, 'epoch', epoch)::text
    FROM claimed
)
SELECT * FROM claimed
"""  # noqa: S608

# The end of a step. Payload, next step, lease and event commit together, and because pause, cancel and boundary all
# meet on this row's lock, either the hold is seen here or the pause finds the next step running. A run that is held
# does not finish either: it pauses with nothing ahead, so that its outcome waits for whoever holds it. So does
# one that is frozen, which goes back to the queue.
# No row: the lease is lost or a cancel was requested, and the step's result is not taken.
_HOW_IT_LEFT = f"""
CASE WHEN state = 'succeeded' THEN 'execution.succeeded' WHEN state = 'paused' THEN 'execution.paused'
     WHEN state = 'queued' AND {IS_FROZEN} THEN 'freeze.applied' ELSE 'execution.yielded' END
"""
_WHAT_STOPPED_IT = f"""
CASE WHEN state = 'queued' AND {IS_FROZEN} THEN json_build_object('freeze', (SELECT id FROM frozen), 'step', step)::text
     ELSE '{{}}' END
"""  # noqa: S608
_LET_GO = f"""
%(stop)s OR {IS_FROZEN} OR open_holds > 0 OR cardinality(%(ahead)s::text[]) = 0
OR (%(ahead)s::text[])[1] = ANY (breakpoints)
"""
_SUCCEEDS = f"cardinality(%(ahead)s::text[]) = 0 AND open_holds = 0 AND NOT {IS_FROZEN}"
BOUNDARY = f"""
WITH {FROZEN}, boundary AS (
    UPDATE executions_execution SET
        payload = CASE WHEN %(changes)s::jsonb IS NULL THEN payload ELSE payload || %(changes)s::jsonb END,
        ahead = %(ahead)s::text[], steps_done = steps_done + 1, attempt = 0, interrupted = 0,
        error = NULL, progress = NULL, version = version + 1,
        outcome = CASE WHEN {_SUCCEEDS} THEN 'succeeded' END,
        finished_at = CASE WHEN {_SUCCEEDS} THEN clock_timestamp() END,
        owner = CASE WHEN {_LET_GO} THEN NULL ELSE owner END,
        lease_until = CASE WHEN {_LET_GO} THEN NULL ELSE clock_timestamp() + %(lease)s * interval '1 second' END,
        state_since = CASE WHEN {_LET_GO} THEN now() ELSE state_since END
    WHERE id = %(id)s AND epoch = %(epoch)s AND steps_done = %(position)s
      AND lease_until IS NOT NULL AND cancel_requested_at IS NULL
    RETURNING id, state, version, ahead[1] AS step, resumed::text AS resumed
), told AS (
    INSERT INTO {EVENT}
    SELECT id, 'step.finished', %(actor)s, %(owner)s, 'worker', 'engine', '', %(data)s::text FROM boundary
    UNION ALL
    SELECT id, {_HOW_IT_LEFT}, %(actor)s, %(owner)s, 'worker', 'engine', '', {_WHAT_STOPPED_IT}
    FROM boundary WHERE state <> 'processing'
)
SELECT state, version, resumed, {IS_FROZEN} AS frozen FROM boundary
"""  # noqa: S608

# A run with nothing ahead that is not held any more, such as one paused in its last step and resumed.
FINISH = f"""
WITH {FROZEN}, finished AS (
    UPDATE executions_execution SET
        outcome = CASE WHEN open_holds = 0 AND NOT {IS_FROZEN} THEN 'succeeded' END,
        finished_at = CASE WHEN open_holds = 0 AND NOT {IS_FROZEN} THEN clock_timestamp() END,
        owner = NULL, lease_until = NULL, state_since = now(), version = version + 1
    WHERE id = %(id)s AND epoch = %(epoch)s AND cardinality(ahead) = 0
      AND lease_until IS NOT NULL AND cancel_requested_at IS NULL
    RETURNING id, state, version, ahead[1] AS step
), told AS (
    INSERT INTO {EVENT}
    SELECT id, {_HOW_IT_LEFT}, %(actor)s, %(owner)s, 'worker', 'engine', '', {_WHAT_STOPPED_IT} FROM finished
)
SELECT state, version FROM finished
"""  # noqa: S608

# Leave a step in the middle. If the hold was lifted meanwhile the run is simply queued again.
YIELD = f"""
WITH {FROZEN}, yielded AS (
    UPDATE executions_execution SET
        owner = NULL, lease_until = NULL, version = version + 1,
        progress = CASE WHEN (%(progress)s::jsonb ->> 'position')::int = steps_done
                        THEN %(progress)s::jsonb - 'position' ELSE progress END,
        state_since = CASE WHEN cancel_requested_at IS NULL THEN now() ELSE state_since END
    WHERE id = %(id)s AND epoch = %(epoch)s AND lease_until IS NOT NULL AND outcome IS NULL
    RETURNING id, state, version, ahead[1] AS step
), told AS (
    INSERT INTO {EVENT}
    SELECT id, {_HOW_IT_LEFT}, %(actor)s, %(owner)s, 'worker', 'engine', '',
           CASE WHEN state = 'queued' AND {IS_FROZEN}
                THEN json_build_object('step', step, 'mid_step', true, 'freeze', (SELECT id FROM frozen))
                ELSE json_build_object('step', step, 'mid_step', true, 'because', %(because)s::text) END::text
    FROM yielded
)
SELECT state, version, {IS_FROZEN} AS frozen FROM yielded
"""  # noqa: S608

LOOK = """
SELECT epoch, steps_done, state, cancel_requested_at IS NOT NULL AND outcome IS NULL AS cancelling
FROM executions_execution WHERE id = %(id)s
"""

# Renew the lease and bring back what people asked for. Redis only makes this faster; this is the guarantee.
# `waiting` says whether a run of the same or a higher priority is due, so that a full time slice is given up only when
# it helps: to one of a lower priority this run would be sent at once before it again.
# Progress says which position it is of: told just before a boundary, it must not be shown for the next step.
HEARTBEAT = """
WITH beat AS (
    UPDATE executions_execution SET
        lease_until = clock_timestamp() + %(lease)s * interval '1 second',
        progress = CASE WHEN (%(progress)s::jsonb ->> 'position')::int = steps_done
                        THEN %(progress)s::jsonb - 'position' ELSE progress END
    WHERE id = %(id)s AND epoch = %(epoch)s AND lease_until IS NOT NULL AND outcome IS NULL
    RETURNING id, version, priority, open_holds, workflow, labels, cancel_requested_at IS NOT NULL AS cancelling
)
SELECT beat.version, beat.open_holds, beat.cancelling, hold.reason, hold.placed_by_name,
       gate.reason AS freeze_reason, gate.placed_by_name AS frozen_by,
       EXISTS (SELECT FROM executions_execution WHERE state = 'queued' AND priority >= beat.priority
               AND (not_before IS NULL OR not_before <= now())) AS waiting
FROM beat LEFT JOIN LATERAL (
    SELECT reason, placed_by_name FROM executions_hold
    WHERE execution_id = beat.id AND released_at IS NULL AND before_step IS NULL
    ORDER BY placed_at LIMIT 1
) AS hold ON beat.open_holds > 0
LEFT JOIN LATERAL (
    SELECT reason, placed_by_name FROM executions_freeze
    WHERE lifted_at IS NULL AND lifting_since IS NULL
      AND (workflow IS NULL OR workflow = beat.workflow) AND beat.labels @> labels
    ORDER BY placed_at LIMIT 1
) AS gate ON true
"""

# Leases that ran out: the worker is dead, frozen or cut off. The epoch moves on, so that its late writes are refused.
EXPIRE = f"""
WITH late AS (
    SELECT id FROM executions_execution
    WHERE state IN ('processing', 'pausing', 'cancelling') AND lease_until < clock_timestamp()
    ORDER BY lease_until LIMIT 100 FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE executions_execution AS run SET
        owner = NULL, lease_until = NULL, epoch = run.epoch + 1, interrupted = run.interrupted + 1,
        version = run.version + 1, state_since = now()
    FROM late, executions_execution AS before
    WHERE run.id = late.id AND before.id = late.id
    RETURNING run.id, run.state, run.version, run.priority, run.interrupted, run.ahead[1] AS step, before.owner
), told AS (
    INSERT INTO {EVENT}
    SELECT id, 'lease.expired', 'policy:lease', 'lease policy', 'policy', 'engine',
           'The worker has not been heard of for longer than its lease.',
           json_build_object('worker', owner, 'step', step, 'times', interrupted)::text
    FROM expired
)
SELECT id, state, version, priority, interrupted, step FROM expired
"""  # noqa: S608

# Retries and delayed launches that have come due: clearing the time makes each of them found once.
DUE = """
UPDATE executions_execution SET not_before = NULL, version = version + 1
WHERE id IN (
    SELECT id FROM executions_execution
    WHERE not_before <= clock_timestamp() AND outcome IS NULL AND state IN ('queued', 'cancelling')
    ORDER BY not_before LIMIT 500 FOR UPDATE SKIP LOCKED
)
RETURNING id, priority
"""

# Questions that nobody answered in time; each is closed under its run's row lock, where an answer may still win.
OVERDUE = """
SELECT id, execution_id, deadline FROM executions_suspension suspension
WHERE closed_at IS NULL AND deadline <= clock_timestamp()
  -- A hold that forbids cancelling puts it off; such a question must not stand in the way of others meanwhile.
  AND NOT (on_deadline = 'cancel' AND EXISTS (
      SELECT FROM executions_hold hold
      WHERE hold.execution_id = suspension.execution_id AND hold.released_at IS NULL AND hold.blocks_cancel
  ))
ORDER BY deadline LIMIT 500
"""

# Open questions that it is time to remind of; looked at again under the run's row lock.
TO_REMIND_OF = """
SELECT id, execution_id FROM executions_suspension
WHERE closed_at IS NULL AND remind_at <= clock_timestamp() ORDER BY remind_at LIMIT 500
"""

# Messages that go the same way: to one address of the web, or all mail, which one server takes.
_LANE = "CASE WHEN starts_with(target, 'mailto:') THEN 'mailto:' ELSE target END"

# The next message that is due, taken for one attempt: its next time comes when this one must be over. Whoever dies in
# the middle leaves it to be tried again.
NOTIFICATION_DUE = f"""
UPDATE executions_notification
SET attempts = attempts + 1,
    next_at = clock_timestamp() + make_interval(secs => least(%(first)s * power(2, attempts), %(longest)s))
WHERE id = (
    SELECT id FROM executions_notification
    WHERE next_at <= clock_timestamp() AND (%(lane)s::text IS NULL OR {_LANE} = %(lane)s)
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""  # noqa: S608  (constants of this module)

# Lanes in which something is due, whoever waited longest first.
NOTIFICATION_LANES = f"""
SELECT {_LANE} AS lane FROM executions_notification WHERE next_at <= clock_timestamp()
GROUP BY 1 HAVING NOT {_LANE} = ANY (%(busy)s::text[]) ORDER BY min(next_at) LIMIT %(limit)s
"""  # noqa: S608

# Conditions whose time has come; each is fired under its run's row lock, where a person may still be first.
DUE_CONDITIONS = """
SELECT id FROM executions_trigger WHERE closed_at IS NULL AND due_at <= clock_timestamp() ORDER BY due_at LIMIT 500
"""

# What waits for an event. A hold waits for events after it was placed; a question for those since its run began,
# but for those the run has taken already: in an earlier step, or in this one, by another question of this pass.
_WAITS = """
FROM executions_trigger AS condition
JOIN executions_emission AS emission ON emission.name = condition.event_name
LEFT JOIN executions_suspension AS asked ON asked.id = condition.suspension_id
WHERE condition.closed_at IS NULL AND condition.kind = 'event'
  AND emission.id > condition.after AND emission.data @> condition.match
  AND NOT EXISTS (
    SELECT FROM executions_trigger AS taken JOIN executions_suspension AS heard ON heard.id = taken.suspension_id
    WHERE taken.execution_id = asked.execution_id AND taken.emission_id = emission.id
      AND (heard.position < asked.position OR heard.position = asked.position AND heard.pass_no = asked.pass_no))
"""
WAITING = f"""
SELECT condition.id {_WAITS} AND emission.id = %(emission)s ORDER BY condition.execution_id LIMIT %(limit)s
"""
COUNT_WAITING = f"SELECT count(*) AS waiting {_WAITS} AND emission.id = %(emission)s"
# The oldest one, so that a run takes events in the order in which they were sent.
FIRST_MATCH = f"""
SELECT emission.id {_WAITS} AND condition.id = %(trigger)s ORDER BY emission.id LIMIT 1
"""
# Looks that were owed when a process died between its commit and its look. Those of this very second are being made.
UNSEEN_EVENTS = """
SELECT id FROM executions_emission WHERE looked_at IS NULL AND at < clock_timestamp() - interval '1 second'
ORDER BY id LIMIT 20
"""
UNSEEN_WAITS = """
SELECT id FROM executions_trigger
WHERE closed_at IS NULL AND kind = 'event' AND looked_at IS NULL
  AND created_at < clock_timestamp() - interval '1 second'
ORDER BY id LIMIT 500
"""

# Holds whose review date has passed. One of a finished run keeps nobody; of a failed one it counts again once retried.
# What was spread from a hold is not told of again.
HOLDS_OVERDUE = """
SELECT hold.id, hold.execution_id FROM executions_hold hold
JOIN executions_execution run ON run.id = hold.execution_id AND run.outcome IS NULL
WHERE hold.released_at IS NULL AND hold.overdue_at IS NULL AND hold.review_by <= clock_timestamp()
  AND hold.spread_from_id IS NULL
ORDER BY hold.review_by LIMIT 500
"""

FREEZES_OVERDUE = """
SELECT id FROM executions_freeze
WHERE lifted_at IS NULL AND overdue_at IS NULL AND review_by <= clock_timestamp()
ORDER BY review_by LIMIT 500
"""

# Clocks that have run out and were not told of: of runs nobody is on, and of those on it whose author wants them held.
SLA_SPENT = """
SELECT id FROM executions_execution
WHERE sla_due <= clock_timestamp() AND sla_breached_at IS NULL AND workflow = ANY (%(known)s::text[])
  AND (lease_until IS NULL OR workflow <> ALL (%(patient)s::text[]))
ORDER BY sla_due LIMIT 500
"""

# Runs that should have a message in the broker, oldest first. Those that wait for their clean-up come before all.
# What was queued this very second may have its message on the way.
UNCLEANED = """
SELECT id, priority FROM executions_execution
WHERE state = 'cancelling' AND lease_until IS NULL AND (not_before IS NULL OR not_before <= now())
  AND state_since < now() - interval '1 second'
ORDER BY id LIMIT %(limit)s
"""
UNCLAIMED = f"""
({UNCLEANED})
UNION ALL
(SELECT id, priority FROM executions_execution
 WHERE state = 'queued' AND (not_before IS NULL OR not_before <= now())
   AND state_since < now() - interval '1 second'
 ORDER BY id LIMIT %(limit)s)
"""  # noqa: S608

WORKER_SEEN = """
INSERT INTO executions_worker (name, workflows, fingerprints, execution, version, skew, started_at, seen_at)
VALUES (%(name)s, %(workflows)s::jsonb, %(fingerprints)s::jsonb, %(execution)s, %(version)s,
        %(clock)s - extract(epoch FROM clock_timestamp()), now(), now())
ON CONFLICT (name) DO UPDATE SET seen_at = now(), execution = %(execution)s, skew = EXCLUDED.skew
"""
WORKER_GONE = "DELETE FROM executions_worker WHERE name = %(name)s OR seen_at < now() - interval '1 hour'"
"""Presence, not history: a worker that has stopped or was silent for an hour is no longer listed."""
SWEEPER_LOCK = "SELECT pg_try_advisory_lock(hashtext('holdpoint:sweeper'))"
SWEEPER_UNLOCK = "SELECT pg_advisory_unlock(hashtext('holdpoint:sweeper'))"
