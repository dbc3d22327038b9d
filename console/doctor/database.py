"""PostgreSQL: there, new enough, migrated, guarded by its triggers, set up so that commits last."""

from collections.abc import Generator, Iterator

from django.db import DatabaseError, InterfaceError, connection

from console.doctor.finding import FAIL, OK, WARN, Finding, some
from console.stack.services import NO_DATABASE
from executions.queries import soundness
from executions.queries.soundness import Role, Server, Triggers

AREA = "database"
START = "`make run` starts it. For services of your own, set DATABASE_URL and REDIS_URL."
OLDEST = 150000
SKEW_WARN, SKEW_FAIL = 1.0, 10.0
"""Seconds. The database keeps the clock (decision 0014); what a host's own clock dates is logs, traces and sessions."""
FULL = 0.85
LONG_TRANSACTION_SECONDS = 600


def examine() -> Iterator[Finding]:
    """Look at the database. Where it cannot be reached that is all there is to say."""
    if is_unnamed():
        yield Finding(AREA, FAIL, "The stack of this home is stopped, and DATABASE_URL names no database.", START)
        return
    try:
        connection.ensure_connection()
        now = soundness.server()
    except (DatabaseError, InterfaceError) as error:
        told = str(error).strip().partition("\n")[0][:200]
        yield Finding(AREA, FAIL, f"Cannot be reached: {told}", "Start PostgreSQL, or correct DATABASE_URL.")
        return
    yield from of_server(now)
    yield from of_clock(soundness.skew())
    if not (yield from _migrations()):
        return  # the tables that the rest looks at are not there
    yield from of_triggers(soundness.triggers())
    yield from of_role(soundness.role())
    if soundness.restored_lines():
        do = "Open docs/how-to/operate.md, “Back up”: it says how a backup is restored into a new cluster."
        yield Finding(AREA, FAIL, "The record holds lines whose transactions this cluster has not given out.", do)


def is_unnamed() -> bool:
    """Tell whether there is no database to look at: the stack is stopped, which is no fault of anything."""
    return str(connection.settings_dict["ENGINE"]) == NO_DATABASE


def of_server(now: Server) -> Iterator[Finding]:
    """Judge the server's settings."""
    if now.number < OLDEST:
        yield Finding(AREA, FAIL, f"PostgreSQL {now.version} is too old.", "Use PostgreSQL 15 or newer.")
    else:
        yield Finding(AREA, OK, f"PostgreSQL {now.version}, {now.bytes / 1024**2:,.0f} MiB.")
    if now.in_recovery:
        yield Finding(AREA, FAIL, "This is a standby, which takes no writes.", "Point DATABASE_URL at the primary.")
    if now.encoding != "UTF8":
        yield Finding(AREA, FAIL, f"Its encoding is {now.encoding}.", "Make the database with ENCODING 'UTF8'.")
    for name, value in (("fsync", now.fsync), ("full_page_writes", now.full_page_writes)):
        if value == "off":
            yield Finding(AREA, FAIL, f"{name} is off: a crash loses what was acknowledged.", f"Set {name} = on.")
    if now.synchronous_commit == "off":
        do = "Set synchronous_commit = on."
        yield Finding(AREA, FAIL, "synchronous_commit is off: a crash loses what was acknowledged.", do)
    if now.isolation != "read committed":
        do = "Set default_transaction_isolation = 'read committed' for this role and database."
        yield Finding(AREA, FAIL, f"Transactions are {now.isolation} by default.", do)
    if now.replication_role != "origin":
        do = "ALTER ROLE … RESET session_replication_role."
        yield Finding(AREA, FAIL, f"session_replication_role is {now.replication_role}: triggers keep silent.", do)
    if now.autovacuum == "off":
        yield Finding(AREA, WARN, "autovacuum is off: tables grow and lists get slow.", "Set autovacuum = on.")
    if now.connections > now.most_connections * FULL:
        what = f"{now.connections} of {now.most_connections} connections are in use."
        yield Finding(AREA, WARN, what, "Raise max_connections, or run fewer web processes and workers.")
    else:
        yield Finding(AREA, OK, f"{now.connections} of {now.most_connections} connections in use.")
    if now.oldest_transaction_seconds > LONG_TRANSACTION_SECONDS:
        what = f"A transaction has been open for {now.oldest_transaction_seconds / 60:.0f} minutes."
        do = "SELECT pid, application_name, query FROM pg_stat_activity ORDER BY xact_start: end it if nobody needs it."
        yield Finding(AREA, WARN, what, do)


def of_clock(skew: float) -> Iterator[Finding]:
    """Judge this host's clock by the database's."""
    what = f"This host's clock is {abs(skew):.3f} s {'ahead of' if skew > 0 else 'behind'} the database's."
    level = FAIL if abs(skew) > SKEW_FAIL else WARN if abs(skew) > SKEW_WARN else OK
    yield Finding(AREA, level, what, "" if level == OK else "Have both hosts keep time by NTP (timedatectl status).")


def _migrations() -> Generator[Finding, None, bool]:
    missing = soundness.unapplied()
    unknown = soundness.unknown_migrations()
    if unknown:
        what = f"The database is newer than this code: it has {some(unknown)}."
        yield Finding(AREA, FAIL, what, "Deploy the newer code here too, or restore the database from before.")
    if missing:
        what = f"{len(missing)} migrations are not applied: {some(missing)}."
        yield Finding(AREA, FAIL, what, "manage.py prepare, as the role that owns the tables.")
    elif not unknown:
        yield Finding(AREA, OK, "All migrations are applied.")
    return not missing


def of_triggers(found: Triggers) -> Iterator[Finding]:
    """Judge the triggers: without them the record proves nothing."""
    if found.disabled:
        do = "Find out who did this and when; ALTER TABLE … ENABLE TRIGGER …, then manage.py audit_verify."
        yield Finding(AREA, FAIL, f"{len(found.disabled)} triggers are switched off: {some(found.disabled)}.", do)
    if found.missing:
        do = "manage.py pgtrigger install, as the role that owns the tables; then manage.py audit_verify."
        yield Finding(AREA, FAIL, f"{len(found.missing)} triggers are missing: {some(found.missing)}.", do)
    if found.changed:
        what = f"{len(found.changed)} triggers are not those of this code: {some(found.changed)}."
        yield Finding(AREA, FAIL, what, "manage.py pgtrigger install, as the role that owns the tables.")
    if not (found.disabled or found.missing or found.changed):
        yield Finding(AREA, OK, f"All {found.total} triggers are in force.")


def of_role(found: Role) -> Iterator[Finding]:
    """Judge what the application's role may."""
    two = "Give the application a role of its own: docs/how-to/deploy.md, “Two roles”."
    if found.superuser:
        yield Finding(AREA, WARN, f"The role {found.name} is a superuser: it could switch the triggers off.", two)
    elif found.owned:
        yield Finding(AREA, WARN, f"The role {found.name} owns the tables: it could switch the triggers off.", two)
    elif found.may_silence:
        do = f"REVOKE SET ON PARAMETER session_replication_role FROM {found.name}."
        yield Finding(
            AREA, WARN, f"The role {found.name} may set session_replication_role: it could silence triggers.", do
        )
    else:
        yield Finding(AREA, OK, f"The role {found.name} cannot switch the triggers off.")
    if found.lacking:
        first = ", ".join(f"{table} ({what})" for table, what in list(found.lacking.items())[:3])
        yield Finding(
            AREA, FAIL, f"The role {found.name} lacks privileges on {len(found.lacking)} tables: {first}.", two
        )
