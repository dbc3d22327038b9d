"""One embedded PostgreSQL and one Valkey for the session, and separate ones for tests that break them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from console.stack.postgres import EmbeddedPostgres
from console.stack.valkey import EmbeddedValkey
from tests.support.processes import GUARDED, Process

WORKFLOWS = ",".join(
    (
        "workflows",
        "tests.workflows_for_tests",
        "tests.workflows_styles",
        "tests.workflows_that_ask",
        "tests.workflows_that_wait",
        "tests.workflows_with_rules",
        "tests.workflows_children",
        "tests.workflows_that_talk",
    )
)


class Postgres(Process):
    """An embedded PostgreSQL server under test."""

    def __init__(self, directory: Path) -> None:
        self.server = EmbeddedPostgres(directory / "postgres")
        self.server.prepare()
        super().__init__(self.server.command(), directory, ready=self._answers)

    @property
    def url(self) -> str:
        """Return the URL of the database that the tests and their processes use."""
        return self.server.url(f"test_{self.server.database}")

    def cut_connections(self) -> int:
        """End every session but this one, as a failover does; return how many."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        return ended[0]

    def _answers(self, _: Process) -> bool:
        self.server.wait_until_ready()
        return True


class Valkey(Process):
    """An embedded Valkey server under test."""

    def __init__(self, directory: Path) -> None:
        self.server = EmbeddedValkey(directory / "valkey")
        self.server.prepare()
        super().__init__(self.server.command(), directory, ready=self._answers)

    @property
    def url(self) -> str:
        return self.server.url()

    def client(self) -> redis.Redis:
        return self.server.client()

    def flush(self) -> None:
        """Forget everything: messages, signals, keys; also what this process is about to send."""
        from executions.engine.post import office

        office.drain()
        with self.client() as client:
            client.flushall()

    def forget_messages(self) -> None:
        """Forget what the workers have been sent and not taken, and what this process is about to send them."""
        from executions.engine.post import office
        from executions.engine.sweeper import queue_keys

        office.drain()
        with self.client() as client:
            client.delete(*queue_keys())

    def _answers(self, _: Process) -> bool:
        self.server.wait_until_ready()
        return True


class SessionServices:
    """What every test may rely on, in one temporary home."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="holdpoint-tests-"))
        self.postgres: Postgres
        self.valkey: Valkey
        self.started = False

    def start(self) -> None:
        self.started = True
        self.postgres, self.valkey = Postgres(self.directory), Valkey(self.directory)
        for service in (self.postgres, self.valkey):
            service.launch()
        for service in (self.postgres, self.valkey):
            service.wait_until_ready()

    @property
    def environment(self) -> dict[str, str]:
        """Return what the settings of the test process read."""
        return {
            "DATABASE_URL": self.postgres.server.url(),
            "REDIS_URL": self.valkey.url,
            "HOLDPOINT_HOME": str(self.directory / "home"),
            "HOLDPOINT_WORKFLOWS": WORKFLOWS,
            "HOLDPOINT_STATIC_FINDERS": "1",
            "HOLDPOINT_DEMO": "0",
        }

    @property
    def child_environment(self) -> dict[str, str]:
        """Return the same for processes, which must find the test database rather than its parent."""
        return {**self.environment, "DATABASE_URL": self.postgres.url}

    def stop(self) -> None:
        for service in (self.valkey, self.postgres) if self.started else ():
            service.stop()
        GUARDED.stop([], [])
        shutil.rmtree(self.directory, ignore_errors=True)


SERVICES = SessionServices()
NOWHERE = {"DATABASE_URL": "postgresql://nobody@localhost/nowhere", "REDIS_URL": "redis://localhost:1/0"}
"""For a process that runs no tests itself and yet reads the settings."""


def pytest_unconfigure() -> None:
    SERVICES.stop()


def _whole_again(service: Process) -> Iterator[Process]:
    yield service
    service.thaw()
    if not service.alive():
        service.start()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL; running again after the test whatever the test did to it."""
    yield from _whole_again(SERVICES.postgres)


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """The session's Valkey; running again after the test whatever the test did to it."""
    yield from _whole_again(SERVICES.valkey)


def _own[S: (Postgres, Valkey)](kind: type[S]) -> Iterator[S]:
    directory = Path(tempfile.mkdtemp(prefix="holdpoint-own-"))
    service = kind(directory)
    service.start()
    yield service
    service.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A separate, empty PostgreSQL."""
    yield from _own(Postgres)


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A separate, empty Valkey."""
    yield from _own(Valkey)
