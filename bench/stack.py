"""A stack of its own for a measurement: embedded services in a temporary home, real workers, a real web process."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from console.stack.home import PROJECT
from console.stack.postgres import EmbeddedPostgres
from console.stack.process import Command
from console.stack.valkey import EmbeddedValkey

CELERY_OPTIONS = ["--pool=solo", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=INFO"]


class Stack:
    """PostgreSQL, Valkey and whatever processes a measurement starts."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="holdpoint-bench-"))
        self.postgres = EmbeddedPostgres(self.directory / "postgres")
        self.valkey = EmbeddedValkey(self.directory / "valkey")
        self.journal = self.directory / "journal"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._address = ""

    def start(self) -> None:
        """Start the services and set this process's environment to them; call before Django is set up."""
        for service in (self.postgres, self.valkey):
            service.prepare()
            self._spawn(service.command())
            service.wait_until_ready()
        self.journal.touch()
        os.environ.update(
            DATABASE_URL=self.postgres.url(),
            REDIS_URL=self.valkey.url(),
            HOLDPOINT_HOME=str(self.directory / "home"),
            HOLDPOINT_WORKFLOWS="bench.workflows",
            HOLDPOINT_STATIC_FINDERS="1",
            HOLDPOINT_DEMO="0",
            BENCH_JOURNAL=str(self.journal),
            DJANGO_SETTINGS_MODULE="console.settings",
        )
        self.run("manage.py", "migrate", "--verbosity=0")

    def run(self, *arguments: str) -> None:
        """Run a Python script of the project to its end."""
        subprocess.run([sys.executable, *arguments], cwd=PROJECT, check=True)

    def workers(self, count: int, application: str = "console", **environment: str) -> list[subprocess.Popen[bytes]]:
        """Start Celery workers and wait until they are ready."""
        started = []
        for _ in range(count):
            log = self.directory / f"worker-{time.monotonic_ns()}.log"
            queue = ["-Q", "bench-chains"] if application != "console" else []
            argv = [sys.executable, "-m", "celery", "-A", application, "worker", *CELERY_OPTIONS, *queue]
            extra = {"HOLDPOINT_PROCESS": "worker", "PYTHONUNBUFFERED": "1", **environment}
            name = f"w{len(self.processes)}@bench"
            command = Command(name, [*argv, "-n", name], extra, directory=str(PROJECT))
            started.append((self._spawn(command, log), log))
        for process, log in started:
            wait_for(lambda log=log: " ready." in log.read_text(errors="replace"), 60, f"worker {process.pid}")
        return [process for process, _ in started]

    def web(self, application: str = "console.asgi:application", ready: str = "/v1/docs", **environment: str) -> str:
        """Start uvicorn and return its address.

        Args:
            application: what it serves.
            ready: the path that answers once it does; the reference, which is otherwise made in the background some
                seconds after the start, in the midst of what is measured.
            environment: settings of this process alone.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        argv = [sys.executable, "-m", "uvicorn", application, "--port", str(port)]
        argv += ["--log-level", "error", "--no-access-log"]
        extra = {"HOLDPOINT_PROCESS": "web", "HOLDPOINT_LOG": "json", **environment}
        self._spawn(Command("web", argv, extra, directory=str(PROJECT)), self.directory / "web.log")
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(f"{address}{ready}"), 60, application)
        return address

    @property
    def address(self) -> str:
        """Return where the console is that the measurements share, started at the first use."""
        self._address = self._address or self.web()
        return self._address

    def stop_processes(self, processes: list[subprocess.Popen[bytes]]) -> None:
        """Kill processes and forget them."""
        for process in processes:
            process.kill()
            process.wait()
            self.processes.remove(process)

    def stop(self) -> None:
        """End everything and remove the data."""
        for process in reversed(self.processes[2:]):
            process.kill()
            process.wait()
        for process in self.processes[:2]:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _spawn(self, command: Command, log: Path | None = None) -> subprocess.Popen[bytes]:
        with (log or self.directory / f"{command.name}.log").open("ab") as output:
            process = command.start(output)
        self.processes.append(process)
        return process


def wait_for(condition: Callable[[], object], seconds: float, what: str, pause: float = 0.002) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it did not.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  (our own loopback address)
            return bool(response.status == 200)
    except OSError:
        return False
