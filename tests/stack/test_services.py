"""The embedded services are the real thing, durable, and reachable by nobody else."""

import stat

import psutil
import pytest
from django.db import connection


@pytest.mark.django_db
def test_postgresql_writes_through_to_the_disk():
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == ("on",), name


def test_services_listen_on_private_sockets_only(postgres, valkey):
    for service in (postgres, valkey):
        listening = [c for c in psutil.Process(service.pid).net_connections("inet") if c.status == "LISTEN"]
        assert listening == []
    assert stat.S_IMODE(valkey.server.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(postgres.server.sockets.stat().st_mode) == 0o700


def test_valkey_never_evicts(valkey):
    with valkey.client() as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_socket_path_that_is_too_long_is_replaced_by_a_short_private_one(tmp_path):
    from console.stack.valkey import EmbeddedValkey

    server = EmbeddedValkey(tmp_path / ("a" * 100) / "valkey")
    assert len(str(server.socket)) < 104
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
    server.socket.parent.rmdir()


def test_a_restarted_postgresql_is_found_again_by_this_process(live_db, postgres):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    postgres.restart()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)
