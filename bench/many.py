"""Very many runs, with what lists show of them and search: loaded in one pass each, triggers off.

Every state is mixed in as found in practice, and evenly over time, which is harder on an index than practice is. Ids
sort by time, as real ones do.
"""

from django.db import connection, transaction

FILL = """
INSERT INTO executions_execution (id, workflow, title, payload, labels, launched_by, launched_by_name, created_at,
    priority, ahead, steps_done, passes, breakpoints, outcome, finished_at, open_holds, open_suspensions, state_since)
SELECT ({run_id})::uuid,
    'bench-' || n % 20, 'Invoices of customer ' || n % 5000, '{{"files": []}}',
    jsonb_build_object('region', 'region-' || n % 7, 'customer', (n % 5000)::text), 'scale', 'person-' || n % 40,
    launched, n % 10, CASE WHEN n % 100 < 90 THEN '{{}}'::text[] ELSE '{{step_1}}'::text[] END, 4, '{{}}', '{{}}',
    CASE WHEN n % 100 < 80 THEN 'succeeded' WHEN n % 100 < 89 THEN 'failed' WHEN n % 100 < 90 THEN 'cancelled' END,
    CASE WHEN n % 100 < 90 THEN settled END,
    (n % 100 BETWEEN 90 AND 93)::int, (n % 100 BETWEEN 94 AND 97)::int, settled
FROM (SELECT n, now() - make_interval(secs => ({runs} - n) * 0.08) AS launched,
             now() - make_interval(secs => greatest(({runs} - n) * 0.08 - n % 600, 0)) AS settled
      FROM generate_series(1, {runs}) AS n) AS numbered
"""
RUN_ID = (
    "lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - ({runs} - n) * 80), 12, '0')"
    " || '7000a' || lpad(to_hex(n), 15, '0')"
)
HOLDS = """
INSERT INTO executions_hold (id, execution_id, kind, reason, placed_by, placed_by_name, placed_via, responsible,
    placed_at)
SELECT gen_random_uuid(), ({run_id})::uuid, (ARRAY['operator', 'compliance', 'policy'])[1 + n % 3],
    'Totals of customer ' || n % 5000 || ' differ', 'user:1', 'person-' || n % 40, 'console', 'person-' || n % 40, now()
FROM generate_series(1, {runs}) AS n WHERE n % 100 BETWEEN 90 AND 93
"""
QUESTIONS = """
INSERT INTO executions_suspension (id, execution_id, position, step, key, kind, title, replaces, context,
    context_digest)
SELECT gen_random_uuid(), ({run_id})::uuid, 4, 'step_1', 'approve', CASE WHEN n % 2 = 0 THEN 'approval' ELSE 'time' END,
    'Book it?', '{{}}', '{{}}', ''
FROM generate_series(1, {runs}) AS n WHERE n % 100 BETWEEN 94 AND 97
"""
TABLES = "executions_execution, executions_hold, executions_suspension"


def fill_runs(runs: int) -> None:
    """Load runs with their open holds and questions, and gather fresh statistics.

    Args:
        runs: how many.
    """
    run_id = RUN_ID.format(runs=runs)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        with transaction.atomic():  # ids are made of the transaction's time: holds must find their runs
            for statement in (FILL, HOLDS, QUESTIONS):
                cursor.execute(statement.format(runs=runs, run_id=run_id))
        cursor.execute("RESET session_replication_role")
        # What autovacuum does in between: fresh entries leave the pending lists, and the planner knows what there is.
        for index in ("execution_search", "execution_labels", "hold_search"):
            cursor.execute("SELECT gin_clean_pending_list(%s)", [index])
        cursor.execute(f"ANALYZE {TABLES}")


def queries(runs: int) -> dict[str, str]:
    """Return what is asked of the list of so many runs: name → query of its address.

    Args:
        runs: as loaded by ``fill_runs``.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM executions_execution ORDER BY id OFFSET %s LIMIT 1", [runs // 2])
        (some_id,) = cursor.fetchone()
    tabs = {f"tab {state}": f"state={state}" for state in ("queued", "paused", "suspended", "succeeded", "cancelled")}
    found = {
        "id": f"q={some_id}",
        "start of an id": f"q={some_id[:13]}",
        "label": "q=customer:4711",
        "word that many have": "q=invoices",
        "word that few have": "q=4711",
        "word that none has": "q=nosuchword",
        "reason": "q=totals+4790",
    }
    filters = {
        "workflow": "workflow=bench-3",
        "workflow that none has": "workflow=gone",
        "workflow and state": "workflow=bench-3&state=suspended",
        "launched by": "launched_by=person-7",
        "launched by, and workflow": "launched_by=person-7&workflow=bench-7",
        "label of few": "label=customer:42",
        "label of many": "label=region:region-3",
        "held by": "held_by=person-11",
        "kind of hold": "hold=compliance",
        "needs a person": "needs=1",
        "launched lately": "launched=1h",
        "finished lately": "finished=1h",
        "finished lately, failed": "finished=1h&state=failed",
        "children of": f"parent={some_id}",
    }
    orders = {
        f"{sort}{' of ' + name if name else ''}": f"sort={sort}{'&' + query if query else ''}"
        for sort in ("oldest", "since", "priority", "finished")
        for name, query in (
            ("", ""),
            ("a workflow", "workflow=bench-3"),
            ("the held", "hold=policy"),
            ("failed", "state=failed"),
        )
        if not (sort == "finished" and "hold" in query) and not (sort == "priority" and "failed" in query)
    }
    searched = {f"search by {name}": query for name, query in found.items()}
    filtered = {f"filter by {name}": query for name, query in filters.items()}
    return {"all": "", **tabs, **searched, **filtered, **{f"order {name}": query for name, query in orders.items()}}
