"""The event chain: append-only, gapless and hash-chained by the database itself.

The digest's definition, for anyone who wants to recompute it: docs/reference/event-chain.md.
"""

import uuid

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

SYSTEM_LEDGER = uuid.UUID(int=0)
"""The ledger for what concerns no single run; printed as ``system``."""

ROUTINE_KINDS = ("step.finished", "lease.acquired", "step.logged")
"""What a run writes by itself, by the thousand. Everything else is rare enough for an index by kind."""

# Appending moves the ledger's head in one UPDATE, which locks it: so seq has no gaps, and prev is always the last
# digest. The head also betrays a chain whose last events were cut off. What depends on no head is framed first.
APPEND = """
NEW.at := clock_timestamp();
NEW.salt := uuid_send(gen_random_uuid());
NEW.data_digest := sha256(NEW.salt || convert_to(NEW.data, 'UTF8'));
ledger_name := CASE NEW.ledger WHEN '00000000-0000-0000-0000-000000000000' THEN 'system' ELSE NEW.ledger::text END;
at_text := to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
opening := octet_length(ledger_name) || ':' || ledger_name || ',';
middle := ',' ||
    octet_length(at_text) || ':' || at_text || ',' ||
    octet_length(NEW.kind) || ':' || NEW.kind || ',' ||
    octet_length(NEW.actor_id) || ':' || NEW.actor_id || ',' ||
    octet_length(NEW.actor_name) || ':' || NEW.actor_name || ',' ||
    octet_length(NEW.actor_role) || ':' || NEW.actor_role || ',' ||
    octet_length(NEW.via) || ':' || NEW.via || ',' ||
    octet_length(NEW.reason) || ':' || NEW.reason || ',' ||
    '64:' || encode(NEW.data_digest, 'hex') || ',';
LOOP
    UPDATE executions_ledger AS head
    SET seq = head.seq + 1, prev = head.digest, at = NEW.at, written_in = pg_current_xact_id()::text::bigint,
        digest = sha256(convert_to(
            opening || octet_length((head.seq + 1)::text) || ':' || (head.seq + 1) || middle
            || 2 * octet_length(head.digest) || ':' || encode(head.digest, 'hex') || ',', 'UTF8'))
    WHERE head.id = NEW.ledger
    RETURNING head.seq, head.prev, head.digest, head.written_in INTO NEW.seq, NEW.prev, NEW.digest, NEW.written_in;
    EXIT WHEN FOUND;
    INSERT INTO executions_ledger (id) VALUES (NEW.ledger) ON CONFLICT (id) DO NOTHING;
END LOOP;
RETURN NEW;
"""

REFUSE = "RAISE EXCEPTION 'the event chain is append-only';"


class Ledger(models.Model):
    """The head of one chain: its last sequence number and digest."""

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField(db_default=0)
    digest = models.BinaryField(db_default=b"")
    prev = models.BinaryField(db_default=b"", help_text="Digest of the line before the last")
    at = models.DateTimeField(db_default=Now())
    written_in = models.BigIntegerField(db_default=0, help_text="PostgreSQL transaction that appended last")

    class Meta:
        default_permissions = ()
        triggers = [
            # Only the append trigger writes here, one step at a time: whoever could move a head by hand could also
            # pass a silent transition off as one with an event.
            pgtrigger.Trigger(
                name="one_by_one",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.seq <> OLD.seq + 1 OR NEW.id <> OLD.id OR pg_trigger_depth() = 0"),
                func=REFUSE,
            ),
            pgtrigger.Trigger(name="no_delete", operation=pgtrigger.Delete, when=pgtrigger.Before, func=REFUSE),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                func=REFUSE,
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Event(models.Model):
    """One line of a history: who, when, why, through which door, what."""

    pk = models.CompositePrimaryKey("ledger", "seq")
    ledger = models.UUIDField()
    # The append trigger fills these; the defaults only satisfy NOT NULL until it has run.
    seq = models.BigIntegerField(db_default=0)
    at = models.DateTimeField(db_default=Now())
    salt = models.BinaryField(db_default=b"")
    data_digest = models.BinaryField(db_default=b"")
    prev = models.BinaryField(db_default=b"")
    digest = models.BinaryField(db_default=b"")
    kind = models.TextField()
    actor_id = models.TextField()
    actor_name = models.TextField()
    actor_role = models.TextField()
    via = models.TextField()
    reason = models.TextField()
    data = models.TextField(help_text="Exact JSON text")
    # Not part of the digest: it says where the line lies among commits, not what it says.
    written_in = models.BigIntegerField(db_default=0, help_text="PostgreSQL transaction that appended it")

    class Meta:
        default_permissions = ()
        indexes = [
            # The tail: what was committed since a snapshot. Transactions are numbered upwards, so this too grows at
            # its right edge.
            models.Index(F("written_in"), name="event_written_in"),
            # The audit page, newest first. Appends go to the right edge, so the hot path hardly pays.
            models.Index(F("at").desc(), name="event_at"),
            # The audit page by person: what people and programs did, engine lines left out.
            models.Index(F("actor_id"), F("at").desc(), name="event_actor_at", condition=~Q(via="engine")),
            # The audit page by action, and its default view: all that is not routine.
            models.Index(F("kind"), F("at").desc(), name="event_kind_at", condition=~Q(kind__in=ROUTINE_KINDS)),
            models.Index(F("at").desc(), name="event_acts_at", condition=~Q(via="engine")),
            # The audit page by door: some are hardly ever used.
            models.Index(F("via"), F("at").desc(), name="event_via_at", condition=~Q(via="engine")),
            # The audit page by words. Routine lines have no reason and are not in it.
            GinIndex(SearchVector("reason", config="simple"), name="event_reason", condition=~Q(reason="")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="append",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[
                    ("ledger_name", "TEXT"),
                    ("at_text", "TEXT"),
                    ("opening", "TEXT"),
                    ("middle", "TEXT"),
                ],
                func=APPEND,
            ),
            pgtrigger.Trigger(
                name="append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func=REFUSE,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                func=REFUSE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
