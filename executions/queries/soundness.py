"""Whether PostgreSQL is set up as the promises need it: catalogues, read with the application's own rights."""

import time
from dataclasses import dataclass

import pgtrigger
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from executions.queries.tail import lines_of_another_cluster

SERVER = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('fsync'),
       current_setting('synchronous_commit'), current_setting('full_page_writes'),
       current_setting('default_transaction_isolation'), current_setting('session_replication_role'),
       current_setting('server_encoding'), current_setting('autovacuum'), pg_is_in_recovery(),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
       current_setting('max_connections')::int,
       coalesce((SELECT extract(epoch FROM now() - min(xact_start))::float FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()), 0),
       pg_database_size(current_database())
"""
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float"
ROLE = """
SELECT current_user, rolsuper,
       has_parameter_privilege(current_user, 'session_replication_role', 'SET')
FROM pg_roles WHERE rolname = current_user
"""
OWNED = """
SELECT count(*) FROM pg_class
WHERE relname = ANY (%s) AND relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
  AND pg_has_role(current_user, relowner, 'USAGE')
"""
LACKING = """
SELECT wanted.name, string_agg(privilege, ', ' ORDER BY privilege)
FROM unnest(%s::text[]) AS wanted(name), unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS privilege
WHERE to_regclass(wanted.name) IS NOT NULL AND NOT has_table_privilege(current_user, wanted.name, privilege)
GROUP BY 1 ORDER BY 1
"""
TRIGGERS = """
SELECT relation.relname, tgname, tgenabled::text, obj_description(installed.oid)
FROM pg_trigger AS installed JOIN pg_class AS relation ON relation.oid = tgrelid WHERE NOT tgisinternal
"""


@dataclass(frozen=True, slots=True)
class Server:
    """The server's settings, as its own catalogue tells them."""

    number: int
    version: str
    fsync: str
    synchronous_commit: str
    full_page_writes: str
    isolation: str
    replication_role: str
    encoding: str
    autovacuum: str
    in_recovery: bool
    connections: int
    most_connections: int
    oldest_transaction_seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Role:
    """What the role may that the application connects as.

    Args:
        name: of the role.
        superuser: it may do anything.
        may_silence: it may set ``session_replication_role``, and so switch triggers off for a session.
        owned: how many of the application's tables it owns; an owner may switch their triggers off.
        lacking: table → privileges that the application needs there and the role has not.
    """

    name: str
    superuser: bool
    may_silence: bool
    owned: int
    lacking: dict[str, str]


@dataclass(frozen=True, slots=True)
class Triggers:
    """The triggers that guard the record and the facts, each as ``table.name``."""

    total: int
    missing: list[str]
    disabled: list[str]
    changed: list[str]


def server() -> Server:
    """Return how the server is set."""
    with connection.cursor() as cursor:
        cursor.execute(SERVER)
        return Server(*cursor.fetchone())


def skew() -> float:
    """Return how many seconds this host's clock is ahead of the database's, as exactly as a round trip allows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        before = time.time()
        cursor.execute(CLOCK)
        (theirs,) = cursor.fetchone()
        return (before + time.time()) / 2 - float(theirs)


def role() -> Role:
    """Return what the application's role may."""
    tables = _tables()
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        name, superuser, may_silence = cursor.fetchone()
        cursor.execute(OWNED, [tables])
        (owned,) = cursor.fetchone()
        cursor.execute(LACKING, [tables])
        return Role(name, superuser, may_silence, owned, dict(cursor.fetchall()))


def triggers() -> Triggers:
    """Compare the installed triggers with those in the code."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        installed = {(table, name): (enabled, text) for table, name, enabled, text in cursor.fetchall()}
    missing, disabled, changed = [], [], []
    wanted = pgtrigger.registered()
    for model, trigger in wanted:
        table = model._meta.db_table
        called = f"{table}.{trigger.name}"
        found = installed.get((table, trigger.get_pgid(model)))
        if found is None:
            missing.append(called)
        elif found[0] not in ("O", "A"):
            disabled.append(called)
        elif found[1] != trigger.compile(model).hash:
            changed.append(called)
    return Triggers(len(wanted), sorted(missing), sorted(disabled), sorted(changed))


def unapplied() -> list[str]:
    """Return the migrations that the code has and the database has not, as ``app.name``."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown_migrations() -> list[str]:
    """Return the migrations that the database has and this code has not: it is older than the database."""
    loader = MigrationExecutor(connection).loader
    ours = {app for app, _ in loader.disk_migrations}
    known = set(loader.disk_migrations) | {key for each in loader.disk_migrations.values() for key in each.replaces}
    return sorted(
        f"{app}.{name}" for app, name in loader.applied_migrations if app in ours and (app, name) not in known
    )


def restored_lines() -> int:
    """Return how many lines of the record, up to a hundred, this cluster has not written itself."""
    return lines_of_another_cluster()


def _tables() -> list[str]:
    from django.apps import apps

    return sorted(model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed)
