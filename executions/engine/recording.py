"""What a step has done already, in SQL: stored as it is done, and read when the step re-enters."""

from executions.engine.statements import EVENT

# Record a sub-result. FOR SHARE makes a claim by another worker and this insert wait for each other, so a zombie
# cannot slip a record in after its lease was taken over.
RECORD = """
INSERT INTO executions_record (execution_id, position, pass_no, step, key, value, at)
SELECT id, %(position)s, %(pass_no)s, %(step)s, %(key)s, %(value)s::jsonb, now() FROM executions_execution
WHERE id = %(id)s AND epoch = %(epoch)s AND lease_until IS NOT NULL AND outcome IS NULL
FOR SHARE
ON CONFLICT (execution_id, position, pass_no, step, key) DO NOTHING
RETURNING value::text
"""

# The same with a line of the history, for what people should see was done: neither is there without the other.
RECORD_TOLD = f"""
WITH recorded AS ({RECORD.replace("RETURNING value::text", "RETURNING execution_id, value::text AS value")}), told AS (
    INSERT INTO {EVENT}
    SELECT execution_id, %(kind)s, %(actor)s, %(owner)s, 'worker', 'engine', '', %(data)s::text FROM recorded
)
SELECT value FROM recorded
"""  # noqa: S608

RECORDS = """
SELECT key, value::text FROM executions_record
WHERE execution_id = %(id)s AND position = %(position)s AND pass_no = %(pass_no)s AND step = %(step)s
"""
