"""The embedded services are the real thing, durable, and reachable by nobody else."""

import stat
import time

import psutil
import pytest
from django.db import connection

from tests.engine.watching import wait_until


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


def waiting_for_work(valkey) -> bool:
    with valkey.client() as client:
        return any(entry["cmd"] == "brpop" for entry in client.client_list())


def test_a_worker_hears_again_after_valkey_was_gone(workers, own_valkey):
    (worker,) = workers(1, REDIS_URL=own_valkey.url)
    wait_until(lambda: waiting_for_work(own_valkey), "the worker waits for work")
    own_valkey.kill9()
    time.sleep(3)
    own_valkey.start()
    wait_until(lambda: waiting_for_work(own_valkey), "the worker waits for work again")
    assert worker.alive(), worker.output


def test_publishing_to_a_frozen_broker_gives_up_at_once(own_valkey):
    from celery import Celery
    from kombu.exceptions import OperationalError

    from console.stack.services import broker_options, celery_broker

    app = Celery("publisher", broker=celery_broker(own_valkey.url), set_as_current=False)
    app.conf.update(broker_transport_options=broker_options("web"), task_publish_retry=False)
    app.send_task("anything")
    own_valkey.freeze()
    assert broker_options("web")["socket_timeout"] < 1
    with pytest.raises(OperationalError):
        app.send_task("anything")
    app.close()
