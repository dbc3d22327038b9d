"""/healthz and /readyz."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import Client, override_settings

from executions.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen():
    """A worker, and no other: the shared one of other tests may just have signed off."""
    Worker.objects.all().delete()
    return Worker.objects.create(name="here")


def test_the_process_is_alive_whatever_else_is(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]
    assert Client().post("/healthz").status_code == 405


def test_ready_with_database_broker_and_a_worker(seen):
    answer = Client().get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json()["checks"] == {name: {"ok": True} for name in ("database", "schema", "broker", "worker")}


def test_not_ready_without_a_worker_seen_lately(seen):
    Worker.objects.update(seen_at=Now() - timedelta(seconds=11))
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "No worker" in answer.json()["checks"]["worker"]["detail"]
    assert answer.json()["checks"]["broker"]["ok"]


def test_not_ready_without_a_broker(seen):
    with override_settings(REDIS_URL="unix:///nowhere/valkey.sock"):
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "broker cannot be reached" in answer.json()["checks"]["broker"]["detail"]


def test_not_ready_without_a_database(monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("connection refused\n  Is the server running?")

    monkeypatch.setattr("console.health.living", refuse)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["detail"] == "The database cannot be reached. The log says why."
    assert answer.json()["checks"]["schema"] == {"ok": False, "detail": "Unknown while the database is away."}


def test_not_ready_before_the_migrations(seen, monkeypatch):
    monkeypatch.setattr("console.health._schema_is_whole", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'console'")
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "manage.py prepare" in answer.json()["checks"]["schema"]["detail"]
    assert answer.json()["checks"]["database"]["ok"]


def test_a_broker_that_may_drop_messages_is_told_of_and_used(seen, own_valkey, settings):
    with own_valkey.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    settings.REDIS_URL = own_valkey.url
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert "noeviction" in answer.json()["checks"]["broker"]["detail"]


def test_clocks_that_are_apart_are_told_of(seen, monkeypatch):
    monkeypatch.setattr("console.health.soundness.skew", lambda: -9.0)
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert "9.0 s apart" in answer.json()["checks"]["database"]["detail"]


def test_strangers_learn_no_names_and_no_addresses(seen, settings, monkeypatch):
    settings.REDIS_URL = "redis://secret-host.internal:1/0"
    monkeypatch.setattr("console.health._schema_is_whole", False)
    monkeypatch.setattr("console.health.soundness.unapplied", lambda: ["executions.0002_secret"])
    told = Client().get("/readyz").content.decode()
    assert "secret" not in told
