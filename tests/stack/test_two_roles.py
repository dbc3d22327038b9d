"""Two database roles, set up as docs/how-to/deploy.md says: the application works, and cannot silence its guards."""

import json
import os
import re
import subprocess
import sys

import httpx
import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from console.stack.home import PROJECT
from tests.engine.watching import wait_until
from tests.support.services import SERVICES
from tests.support.web import Web
from tests.support.workers import new_worker

PAGE = (PROJECT / "docs/how-to/deploy.md").read_text()


def blocks():
    """Return the page's SQL, with a password in each place for one: the administrator's first, then the owner's."""
    section = PAGE[PAGE.index("## Two roles") :]
    return [block.replace("…", "secret") for block in re.findall(r"```sql\n(.*?)```", section, re.DOTALL)[:2]]


@pytest.fixture
def addresses(own_postgres):
    """The addresses of a database for its owner and for the application."""
    administrator, owner = blocks()
    with psycopg.connect(own_postgres.server.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS holdpoint")
        for statement in filter(str.strip, administrator.split(";")):
            connection.execute(statement)
    url = own_postgres.server.url("holdpoint")
    address = {name: re.sub(r"//[^@/]*@", f"//{name}:secret@", url) for name in ("holdpoint_owner", "holdpoint")}
    with psycopg.connect(address["holdpoint_owner"], autocommit=True) as connection:
        connection.execute(owner)
    return address["holdpoint_owner"], address["holdpoint"]


def manage(url, *arguments, check=True, **environment):
    """Run manage.py with a database."""
    environment = {**SERVICES.environment, "DATABASE_URL": url, "PATH": os.environ["PATH"], **environment}
    argv = [sys.executable, "-W", "ignore", "manage.py", *arguments]
    return subprocess.run(argv, env=environment, cwd=PROJECT, capture_output=True, text=True, check=check).stdout


HARM = [
    "ALTER TABLE executions_event DISABLE TRIGGER ALL",
    "ALTER TABLE executions_execution DISABLE TRIGGER USER",
    "SET session_replication_role = replica",
    "DROP TABLE executions_event",
    "TRUNCATE executions_event",
    "CREATE TRIGGER mine BEFORE INSERT ON executions_event EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "ALTER TABLE executions_event OWNER TO holdpoint",
    "CREATE RULE mine AS ON INSERT TO executions_event DO INSTEAD NOTHING",
    "CREATE SCHEMA mine",
    "CREATE TABLE public.mine ()",
    "SET ROLE holdpoint_owner",
]


def test_the_application_works_and_cannot_switch_its_guards_off(addresses, own_valkey):
    owner, application = addresses
    manage(owner, "prepare")
    account = {"DJANGO_SUPERUSER_PASSWORD": "long-and-not-common", "REDIS_URL": own_valkey.url}
    manage(
        application, "createsuperuser", "--noinput", "--username", "first", "--email", "first@example.com", **account
    )
    token = manage(application, "create_token", "first").strip().splitlines()[-1]

    with psycopg.connect(application, autocommit=True) as connection:
        for statement in HARM:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)
        (function,) = connection.execute(
            "SELECT tgfoid::regproc::text FROM pg_trigger WHERE tgrelid = 'executions_event'::regclass LIMIT 1"
        ).fetchone()
        with pytest.raises(InsufficientPrivilege):
            connection.execute(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
            )

    own = {"DATABASE_URL": application, "REDIS_URL": own_valkey.url}
    server, worker = Web(**own), new_worker(**own)
    try:
        server.start()
        worker.start()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as program:
            route = "/v1/async-executions"
            run = program.post(route, json={"workflow": "noop", "payload": {}}).json()
            wait_until(lambda: program.get(f"{route}/{run['id']}").json()["state"] == "succeeded", "succeeded")
            assert program.get("/v1/audit/verify").json()["outcome"] == "whole"
        told = json.loads(manage(application, "doctor", "--json", check=False, REDIS_URL=own_valkey.url))["findings"]
    finally:
        worker.stop()
        server.stop()
    of_database = {each["what"]: each["level"] for each in told if each["area"] == "database"}
    assert of_database["The role holdpoint cannot switch the triggers off."] == "ok"
    assert "fail" not in of_database.values(), of_database
