"""The SQL of verifying and exporting.

The chain's digests are recomputed here from PostgreSQL's built-in functions alone. The installed trigger functions are
never called: whoever can change a line can change them as well.
"""

# What a line's own fields give, and the texts that the digest frames for its ledger and its time.
_RECOMPUTED = """\
           sha256(salt || convert_to(data, 'UTF8')) AS data_own,
           sha256(convert_to(
               octet_length(name)::text || ':' || name || ',' ||
               octet_length(seq::text)::text || ':' || seq::text || ',' ||
               octet_length(time)::text || ':' || time || ',' ||
               octet_length(kind)::text || ':' || kind || ',' ||
               octet_length(actor_id)::text || ':' || actor_id || ',' ||
               octet_length(actor_name)::text || ':' || actor_name || ',' ||
               octet_length(actor_role)::text || ':' || actor_role || ',' ||
               octet_length(via)::text || ':' || via || ',' ||
               octet_length(reason)::text || ':' || reason || ',' ||
               (octet_length(data_digest) * 2)::text || ':' || encode(data_digest, 'hex') || ',' ||
               (octet_length(prev) * 2)::text || ':' || encode(prev, 'hex') || ',', 'UTF8')) AS own
"""
_NAMED = """\
        SELECT *, CASE ledger WHEN '00000000-0000-0000-0000-000000000000' THEN 'system' ELSE ledger::text END AS name,
               to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time
"""

# One batch in the order of the primary key, read by its index. Everything is judged here; only counts, the keys of
# bad lines and the end of the batch travel. The line before the batch comes in as parameters, so no gap can hide there.
# `known_*` gathers the digests of lines up to a moment, for the comparison with an earlier verification.
JUDGE = f"""
WITH lines AS (
    SELECT ledger, seq, at, prev, digest, data_digest,
{_RECOMPUTED}    FROM (
{_NAMED}        FROM executions_event
        WHERE (ledger, seq) > (%(ledger)s::uuid, %(seq)s::bigint)
          AND (%(only)s::uuid IS NULL OR ledger = %(only)s::uuid)
        ORDER BY ledger, seq LIMIT %(size)s
    ) AS batch
), neighbours AS (
    SELECT *,
           lag(ledger, 1, %(before_ledger)s::uuid) OVER chain IS NOT DISTINCT FROM ledger AS goes_on,
           lag(seq, 1, %(seq)s::bigint) OVER chain AS before_seq,
           lag(digest, 1, %(before_digest)s::bytea) OVER chain AS before_digest
    FROM lines WINDOW chain AS (ORDER BY ledger, seq)
)
SELECT count(*) AS events,
       count(*) FILTER (WHERE NOT goes_on) AS ledgers,
       array_agg(ARRAY[ledger::text, seq::text] ORDER BY ledger, seq) FILTER (WHERE
           own IS DISTINCT FROM digest OR data_own IS DISTINCT FROM data_digest
           OR seq <> CASE WHEN goes_on THEN before_seq + 1 ELSE 1 END
           OR prev <> CASE WHEN goes_on THEN before_digest ELSE ''::bytea END) AS bad,
       array_agg(ledger) FILTER (WHERE NOT goes_on
           AND NOT EXISTS (SELECT FROM executions_ledger AS head WHERE head.id = ledger)) AS headless,
       string_agg(digest, ''::bytea ORDER BY ledger, seq) FILTER (WHERE at <= %(earlier)s::timestamptz) AS known_before,
       count(*) FILTER (WHERE at <= %(through)s::timestamptz) AS lines_through,
       count(*) FILTER (WHERE at <= %(through)s::timestamptz AND NOT goes_on) AS ledgers_through,
       string_agg(digest, ''::bytea ORDER BY ledger, seq) FILTER (WHERE at <= %(through)s::timestamptz) AS known_through
FROM neighbours
"""  # noqa: S608  (constants of this module)

# Those among some lines that are not genuine, or not the neighbours of those before and after them.
NOT_GENUINE = f"""
WITH lines AS (
    SELECT ledger, seq, prev, digest, data_digest,
{_RECOMPUTED}    FROM (
{_NAMED}        FROM executions_event
        WHERE (ledger, seq) IN (SELECT * FROM unnest(%(ledgers)s::uuid[], %(seqs)s::bigint[]))
    ) AS chosen
)
SELECT lines.ledger, lines.seq FROM lines
LEFT JOIN LATERAL (
    SELECT digest AS named FROM executions_event WHERE ledger = lines.ledger AND seq = lines.seq - 1
) AS before ON true
LEFT JOIN LATERAL (
    SELECT prev AS naming FROM executions_event WHERE ledger = lines.ledger AND seq = lines.seq + 1
) AS after ON true
LEFT JOIN executions_ledger AS head ON head.id = lines.ledger AND head.seq = lines.seq
WHERE own IS DISTINCT FROM lines.digest OR data_own IS DISTINCT FROM data_digest
   OR lines.prev IS DISTINCT FROM CASE lines.seq WHEN 1 THEN ''::bytea ELSE named END
   OR lines.digest IS DISTINCT FROM coalesce(naming, head.digest)
"""  # noqa: S608  (constants of this module)

# The last line of a batch, and so the line before the next one.
END_OF_BATCH = """
SELECT ledger, seq, digest FROM executions_event
WHERE (ledger, seq) > (%(ledger)s::uuid, %(seq)s::bigint) AND (%(only)s::uuid IS NULL OR ledger = %(only)s::uuid)
ORDER BY ledger, seq OFFSET %(size)s - 1 LIMIT 1
"""

# A chain must end where its head says. Finds tails that were cut off, lines beyond the head, heads that were changed.
HEADS = """
SELECT head.id, head.seq, head.digest, tail.seq, tail.digest
FROM executions_ledger AS head LEFT JOIN LATERAL (
    SELECT seq, digest FROM executions_event WHERE ledger = head.id ORDER BY seq DESC LIMIT 1
) AS tail ON true
WHERE (%(only)s::uuid IS NULL OR head.id = %(only)s::uuid)
  AND (tail.seq IS DISTINCT FROM head.seq OR tail.digest IS DISTINCT FROM head.digest)
ORDER BY head.id LIMIT %(most)s
"""

# Every run writes `execution.launched` in the transaction that makes it, so a run without a ledger has lost it.
RUNS_WITHOUT_LEDGER = """
SELECT run.id FROM executions_execution AS run LEFT JOIN executions_ledger AS head ON head.id = run.id
WHERE head.id IS NULL AND (%(only)s::uuid IS NULL OR run.id = %(only)s::uuid)
ORDER BY run.id LIMIT %(most)s
"""

LEDGERS_WITHOUT_RUN = """
SELECT head.id FROM executions_ledger AS head LEFT JOIN executions_execution AS run ON run.id = head.id
WHERE run.id IS NULL AND head.id <> '00000000-0000-0000-0000-000000000000'
  AND (%(only)s::uuid IS NULL OR head.id = %(only)s::uuid)
ORDER BY head.id LIMIT %(most)s
"""

# tgenabled: O fires for ordinary sessions, A always; D never, R only for replication.
TRIGGERS_AT_WORK = """
SELECT relation.relname || '.' || tgname FROM pg_trigger JOIN pg_class AS relation ON relation.oid = tgrelid
WHERE tgrelid IN ('executions_event'::regclass, 'executions_ledger'::regclass) AND tgenabled IN ('O', 'A')
"""

# No event at or before this moment can still be uncommitted: `at` is read inside its transaction. To be asked before
# the snapshot is taken.
SETTLED_MOMENT = """
SELECT least(statement_timestamp(), min(xact_start)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

# The time as the digest has it: a forged one need not be a time that Python knows.
COLUMNS = """ledger, seq, coalesce(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), at::text), kind,
    actor_id, actor_name, actor_role, via, reason, data, salt, data_digest, prev, digest"""

IN_LEDGER = f"SELECT {COLUMNS} FROM executions_event WHERE ledger = %(ledger)s"  # noqa: S608
LINE_AT = f"{IN_LEDGER} AND seq = %(seq)s"
LINE_BEFORE = f"{IN_LEDGER} AND seq < %(seq)s ORDER BY seq DESC LIMIT 1"
LINE_AFTER = f"{IN_LEDGER} AND seq > %(seq)s ORDER BY seq LIMIT 1"
HEAD = "SELECT seq, digest FROM executions_ledger WHERE id = %(ledger)s"
