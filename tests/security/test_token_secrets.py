"""What a token is worth nowhere but with who holds it: not in logs, not in error pages, not in a dump."""

import io
import json
import logging

import pytest
from django.db import connection
from django.test import Client

from console.logs import logging_settings
from executions import commands
from executions.actors import SYSTEM
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged():
    """Everything that is logged, at any level, as the process writes it."""
    formatter = logging_settings(json=True)["formatters"]["structured"]
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter["()"](**{name: value for name, value in formatter.items() if name != "()"}))
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


def dumped():
    """Return every row of every table as text, as a dump has them."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT coalesce(string_agg(row::text, E'\\n'), '') FROM {quoted} AS row")
            rows.append(cursor.fetchone()[0])
        # Binary columns show in hexadecimal.
        return "\n".join(rows)


def test_a_secret_shows_nowhere(cast, logged, monkeypatch):
    _, secret = commands.create_token(SYSTEM, cast.admin, name="test")
    program = Program(secret, raise_request_exception=False)
    answers = [
        program.get(f"/v1/async-executions?q={secret}"),
        program.get(f"/v1/async-executions/{secret}"),
        program.get(f"/v1/{secret}"),
        program.post("/v1/async-executions", {"workflow": secret}),
        program.post("/v1/events", {"name": "a", "token": secret}),
        program.post("/v1/tokens", {"name": "child"}, headers={"Idempotency-Key": "one"}),
        Client(headers={"authorization": f"Basic {secret}"}).get("/v1/me"),
        Client(headers={"authorization": f"Bearer {secret} {secret}"}).get("/v1/me"),
        Client().get(f"/executions?token={secret}"),
    ]
    child = answers[5].json()["token"]
    monkeypatch.setattr("console.api.runs.queries.list_runs", lambda *_, **__: 1 / 0)
    answers.append(program.get(f"/v1/async-executions?workflow={secret}"))
    assert answers[-1].status_code == 500
    assert secret not in answers[-1].content.decode()
    told, kept = logged.getvalue(), dumped()
    assert json.loads(told.splitlines()[-1])
    for each in (secret, child):
        assert each not in told
        assert each not in kept
        assert each.encode().hex() not in kept
