"""A real web server on the test database."""

import socket
import sys
from collections.abc import Iterator

import pytest

from console.stack.home import PROJECT
from console.stack.process import Command
from console.stack.up import answers
from tests.support.processes import Process
from tests.support.services import SERVICES


class Web(Process):
    """A uvicorn process; `url` has no trailing slash."""

    def __init__(self, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        argv = [sys.executable, "-m", "uvicorn", "console.asgi:application", "--port", str(self.port)]
        argv += ["--timeout-graceful-shutdown", "5", "--lifespan", "off", "--no-access-log"]
        settings = {**SERVICES.child_environment, "HOLDPOINT_PROCESS": "web", **environment}
        command = Command("web", argv, settings, directory=str(PROJECT))
        super().__init__(command, SERVICES.directory, ready=lambda _: answers(self.url + "/healthz"))


def free_port() -> int:
    """Return a TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def web(django_db_setup) -> Iterator[Web]:
    """One web server for the session."""
    server = Web()
    server.start()
    yield server
    server.stop()
