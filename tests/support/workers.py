"""Real Celery workers against the test database and Valkey."""

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from console.stack.home import PROJECT
from console.stack.process import Command
from tests.support.forks import MOST, Forked, Source
from tests.support.processes import Process
from tests.support.services import SERVICES

_numbers = itertools.count(1)
_shared: list[Process] = []
_asked: Counter[frozenset[tuple[str, str]]] = Counter()
_sources: dict[frozenset[tuple[str, str]], Source] = {}


def new_worker(**environment: str) -> Process:
    """Return a worker process, not started yet; forked once its environment is asked for again.

    Args:
        environment: added to its environment, for instance HOLDPOINT_LEASE_SECONDS="2" or REDIS_URL=own_valkey.url.
    """
    name = f"worker-{next(_numbers)}"
    argv = [sys.executable, "-m", "celery", "--quiet", "-A", "console", "worker", "--pool=solo", "--loglevel=INFO"]
    argv += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"{name}@%h"]
    command = Command(
        name,
        argv,
        {
            **SERVICES.child_environment,
            "HOLDPOINT_PROCESS": "worker",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
            **environment,
        },
        directory=str(PROJECT),
    )
    worker = Process(command, SERVICES.directory, ready=lambda process: " ready." in process.output)
    key = frozenset(environment.items())
    _asked[key] += 1
    if key not in _sources and _asked[key] > 1 and len(_sources) < MOST:
        _sources[key] = Source(worker.command)
    return Forked(worker, _sources[key]) if key in _sources else worker


def stop_shared() -> None:
    """Stop the shared worker, so that it takes no work meant for nobody or for a test's own workers."""
    while _shared:
        _shared.pop().stop()


@pytest.fixture
def worker(live_db) -> Process:
    """The shared worker, alive. Tests that break workers take their own from `workers`."""
    if not _shared or not _shared[0].alive():
        _shared[:] = [new_worker().start()]
    return _shared[0]


@pytest.fixture
def workers(live_db) -> Iterator[Callable[..., list[Process]]]:
    """`workers(2, HOLDPOINT_LEASE_SECONDS="2")` starts two of the test's own; the only ones alive."""
    stop_shared()
    mine: list[Process] = []

    def start(count: int = 1, **environment: str) -> list[Process]:
        new = [new_worker(**environment).launch() for _ in range(count)]
        mine.extend(new)
        return [process.wait_until_ready() for process in new]

    yield start
    for process in mine:
        process.thaw()
        process.kill9()


@pytest.fixture(scope="session", autouse=True)
def _no_worker_outlives_the_session() -> Iterator[None]:
    yield
    stop_shared()
    for source in _sources.values():
        source.close()
