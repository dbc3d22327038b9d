"""A million runs and five million events: the list's server time, and verification."""

import time
import uuid

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import many
from bench.figures import Figure, percentile
from bench.stack import Stack

RUNS = 1_000_000
PAGE_SIZE = 50
SAMPLES = 12

# Triggers are off, so the chain is computed here, with the same definition, in one pass per sequence number.
LINE = """
WITH told AS (
    SELECT id AS ledger, now() - interval '1 hour' + make_interval(secs => {seq}) AS at, '{{}}'::text AS data,
           uuid_send(gen_random_uuid()) AS salt, head.digest AS prev
    FROM executions_execution AS run LEFT JOIN executions_ledger AS head USING (id) WHERE run.launched_by = 'scale'
), hashed AS (
    SELECT *, sha256(salt || convert_to(data, 'UTF8')) AS data_digest,
           to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at_text,
           encode(coalesce(prev, ''), 'hex') AS prev_text FROM told
), framed AS (
    SELECT *, sha256(convert_to(
        '36:' || ledger || ',1:{seq},' || octet_length(at_text) || ':' || at_text || ','
        || octet_length('{kind}') || ':{kind},8:worker:1,8:worker:1,6:worker,6:engine,0:,64:'
        || encode(data_digest, 'hex') || ','
        || octet_length(prev_text) || ':' || prev_text || ',', 'UTF8')) AS digest FROM hashed
), lines AS (
    INSERT INTO executions_event (ledger, seq, at, kind, actor_id, actor_name, actor_role, via, reason, data, salt,
                                  data_digest, prev, digest, written_in)
    SELECT ledger, {seq}, at, '{kind}', 'worker:1', 'worker:1', 'worker', 'engine', '', data, salt, data_digest,
           coalesce(prev, ''), digest, {seq} * 1000000 + row_number() OVER () - 10000000 FROM framed
)
INSERT INTO executions_ledger (id, seq, digest, prev, at)
SELECT ledger, {seq}, digest, coalesce(prev, ''), at FROM framed
ON CONFLICT (id) DO UPDATE SET seq = EXCLUDED.seq, digest = EXCLUDED.digest, prev = EXCLUDED.prev, at = EXCLUDED.at
"""
KINDS = ("execution.launched", "lease.acquired", "step.finished", "step.finished", "execution.succeeded")


def fill() -> None:
    """Load the runs and five events for each."""
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        many.fill_runs(RUNS)
        cursor.execute("SET session_replication_role = replica")
        for seq, kind in enumerate(KINDS, 1):
            # Without fresh statistics the join of a million heads would be done one by one.
            cursor.execute("ANALYZE executions_execution, executions_ledger")
            cursor.execute(LINE.format(seq=seq, kind=kind))
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET work_mem")
        cursor.execute("VACUUM (ANALYZE) executions_execution, executions_event, executions_ledger, executions_hold")


def list_and_verify(stack: Stack) -> list[Figure]:
    """Measure every tab's first and 500th page, every search, filter and order; then verify the whole chain."""
    from executions import states
    from executions.provenance.verify import verify

    began = time.monotonic()
    fill()
    loading = time.monotonic() - began
    user = get_user_model().objects.filter(username="bench").first() or get_user_model().objects.create_superuser(
        "bench", "bench@example.org", "bench"
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    tabs = {
        f"{tab or 'all'}, {page} page": f"state={tab}&cursor={cursor_text}"
        for tab in ("", *states.STATES)
        for page, cursor_text in (("first", ""), ("500th", _cursor(tab)))
    }
    listed = _measure(client, tabs, {"loading the data (s)": round(loading)})
    asked = _measure(client, many.queries(RUNS), {})
    result = verify()
    rate = result.events / result.seconds
    return [
        Figure("/executions at a million runs, p95", listed[0], "ms", "≤ 80 ms", listed[0] <= 80, listed[1]),
        Figure("its searches, filters and orders, p95", asked[0], "ms", "≤ 100 ms", asked[0] <= 100, asked[1]),
        Figure(
            "verify",
            rate,
            "events/s",
            "≥ 100,000 events/s",
            rate >= 100_000 and not result.problems,
            {"events": result.events, "ledgers": result.ledgers, "problems": len(result.problems)},
        ),
    ]


def _measure(client: Client, queries: dict[str, str], told: dict[str, object]) -> tuple[float, dict[str, object]]:
    """Ask the list for each query some times; return the 95th percentile of all, ms, and what was slowest."""
    milliseconds: list[float] = []
    slowest: dict[str, float] = {}
    numbers = set()
    for name, query in queries.items():
        address = f"/executions?{query}"
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        numbers.add(len(captured))
        times = []
        for _ in range(SAMPLES):
            start = time.perf_counter()
            answer = client.get(address)
            times.append((time.perf_counter() - start) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{address}: {answer.status_code}")
        milliseconds += times
        slowest[name] = round(percentile(times, 95), 1)
    worst = dict(sorted(slowest.items(), key=lambda item: -item[1])[:5])
    return percentile(milliseconds, 95), {"slowest": worst, "queries per page": sorted(numbers), **told}


def _cursor(tab: str) -> str:
    """Return the cursor of a tab's 500th page; of its last one where it has fewer."""
    condition = "WHERE state = %s" if tab else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM executions_execution {condition} ORDER BY id DESC OFFSET %s LIMIT 1",
            [*([tab] if tab else []), PAGE_SIZE * 499],
        )
        row = cursor.fetchone()
    return f"after:{row[0] if row else uuid.UUID(int=2**128 - 1)}"
