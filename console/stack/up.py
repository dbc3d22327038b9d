"""The order in which a stack comes up and goes down."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.stack import environment
from console.stack.home import PROJECT, Home
from console.stack.lock import HomeLock
from console.stack.people import PEOPLE
from console.stack.postgres import EmbeddedPostgres
from console.stack.process import Command
from console.stack.supervisor import Child, Supervisor
from console.stack.valkey import EmbeddedValkey

HOST = "127.0.0.1"
WORKER_PATIENCE_SECONDS = 6.0  # a running step yields at its next check; uvicorn waits 5 for answers
SERVICE_PATIENCE_SECONDS = 2.5
LARGEST_LOG_BYTES = 5 * 1024 * 1024


class PortTaken(Exception):
    """Somebody else listens where the console should."""


class StartFailed(Exception):
    """A part of the stack did not come up."""


@dataclass
class Stack:
    """What `make run` starts. Source: docs/reference/settings.

    Args:
        home: data directory.
        port: TCP port of the console, on the loopback address.
        workers: how many worker processes.
        demo: whether to make demo people and demo runs.
    """

    home: Home
    port: int
    workers: int
    demo: bool
    services: list[Child] = field(default_factory=list)
    programs: list[Child] = field(default_factory=list)

    @classmethod
    def from_environment(cls) -> "Stack":
        """Return the stack that PORT, HOLDPOINT_HOME, WORKERS and HOLDPOINT_DEMO describe."""
        return cls(
            home=Home.from_environment(),
            port=environment.number("PORT", 8000, minimum=1, maximum=65535),
            workers=environment.number("WORKERS", 2, minimum=0, maximum=64),
            demo=environment.flag("HOLDPOINT_DEMO", default=True),
        )

    def run(self) -> None:
        """Bring everything up and keep it up until INT or TERM; then stop it all within ten seconds.

        Raises AlreadyRunning, PortTaken or StartFailed, each with a sentence for the person at the terminal.
        """
        lock = HomeLock(self.home)
        lock.acquire()
        try:
            refuse_taken_port(self.port)
            if left := lock.stop_leftovers():
                print(f"Stopped {left} processes that an earlier stack, which was killed, had left.", flush=True)
            self.supervisor = Supervisor(on_change=lock.remember)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._ask_to_stop)
            try:
                self._start()
                while not self.supervisor.stopping.is_set():
                    self.supervisor.watch()
            finally:
                self._stop()
        finally:
            self.home.note.unlink(missing_ok=True)
            lock.release()

    def _start(self) -> None:
        addresses = self._start_services()
        shared = {**addresses, "HOLDPOINT_HOME": str(self.home.path), "HOLDPOINT_DEMO": str(int(self.demo))}
        shared |= {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
        self._prepare(shared)
        if self.supervisor.stopping.is_set():
            return
        self.home.write_note(
            database_url=addresses["DATABASE_URL"],
            redis_url=addresses["REDIS_URL"],
            url=self.url,
            demo=self.demo,
        )
        self.programs.append(self.supervisor.add(self._web(shared)))
        for index in range(1, self.workers + 1):
            self.programs.append(self.supervisor.add(self._worker(shared, index)))
        self._wait_for_web()
        if self.demo and not self.supervisor.stopping.is_set():
            # After the first page can be had: nobody waits for it.
            self.programs.append(self.supervisor.add(self._demo(shared)))

    def _start_services(self) -> dict[str, str]:
        logs = self.home.path / "logs"
        logs.mkdir(exist_ok=True, mode=0o700)
        logs.chmod(0o700)  # PostgreSQL's log quotes statements; an earlier version left it open to all
        addresses = {name: os.environ.get(name, "").strip() for name in ("DATABASE_URL", "REDIS_URL")}
        embedded: list[EmbeddedPostgres | EmbeddedValkey] = []
        if not addresses["DATABASE_URL"]:
            postgres = EmbeddedPostgres(self.home.path / "postgres")
            addresses["DATABASE_URL"] = postgres.url()
            embedded.append(postgres)
        if not addresses["REDIS_URL"]:
            valkey = EmbeddedValkey(self.home.path / "valkey")
            addresses["REDIS_URL"] = valkey.url()
            embedded.append(valkey)
        try:
            for service in embedded:
                service.prepare()
                command = service.command()
                self.services.append(self.supervisor.add(command, fresh_log(logs / f"{command.name}.log")))
            for service in embedded:
                service.wait_until_ready(pause=self._watch_while_starting)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            raise StartFailed(f"{error}\nThe logs are in {logs}.") from error
        return addresses

    def _watch_while_starting(self, seconds: float) -> None:
        # A service may need a second start, for instance while the kernel still cleans up after a killed one.
        self.supervisor.watch(seconds)
        if self.supervisor.stopping.is_set():
            raise StartFailed("Stopped while starting.")

    def _prepare(self, shared: dict[str, str]) -> None:
        command = Command("prepare", [sys.executable, "manage.py", "prepare"], shared, directory=str(PROJECT))
        child = self.supervisor.add(command)
        while not child.has_ended() and not self.supervisor.stopping.is_set():
            time.sleep(0.05)
        assert child.process is not None
        if self.supervisor.stopping.is_set():
            self.programs.append(child)
            return
        self.supervisor.forget(child)
        if child.process.returncode != 0:
            raise StartFailed("Preparing the database failed; the lines above say why.")

    def _web(self, shared: dict[str, str]) -> Command:
        argv = [sys.executable, "-m", "uvicorn", "console.asgi:application", "--host", HOST, "--port", str(self.port)]
        argv += ["--timeout-graceful-shutdown", "5", "--lifespan", "off", "--no-access-log", "--log-level", "warning"]
        return Command("web", argv, {**shared, "HOLDPOINT_PROCESS": "web"}, directory=str(PROJECT))

    def _worker(self, shared: dict[str, str], index: int) -> Command:
        argv = [sys.executable, "-m", "celery", "--quiet", "-A", "console", "worker", "--pool=solo", "--loglevel=INFO"]
        argv += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"holdpoint-{index}@%h"]
        name = f"worker-{index}"
        return Command(name, argv, {**shared, "HOLDPOINT_PROCESS": "worker"}, directory=str(PROJECT))

    def _demo(self, shared: dict[str, str]) -> Command:
        argv = [sys.executable, "manage.py", "demo"]
        return Command("demo", argv, shared, directory=str(PROJECT), may_end=True)

    @property
    def url(self) -> str:
        """Return the address of the console."""
        return f"http://{HOST}:{self.port}/"

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + 60
        while not self.supervisor.stopping.is_set():
            if answers(self.url + "healthz"):
                self._welcome()
                return
            if time.monotonic() > deadline:
                raise StartFailed("The web server did not answer within 60 s; the lines above say why.")
            self.supervisor.watch(0.05)

    def _welcome(self) -> None:
        lines = ["", f"Holdpoint is running at {self.url}", ""]
        if self.demo:
            password = os.environ.get("HOLDPOINT_DEMO_PASSWORD") or self.home.secret("demo_password", 9)
            lines += ["Sign in as:", *(f"  {name:<10} {password}" for name in PEOPLE), ""]
        else:
            lines += ["The first person: .venv/bin/python manage.py createsuperuser (in another terminal)", ""]
        lines += [f"{self.workers} workers. Data in {self.home.path}. Ctrl-C stops everything.", ""]
        print("\n".join(lines), flush=True)

    def _ask_to_stop(self, *_: Any) -> None:
        self.supervisor.stopping.set()

    def _stop(self) -> None:
        self.supervisor.say("holdpoint", "stopping")
        self.supervisor.stop([self.programs, self.services], [WORKER_PATIENCE_SECONDS, SERVICE_PATIENCE_SECONDS])
        self.supervisor.say("holdpoint", "stopped")


def refuse_taken_port(port: int) -> None:
    """Raise PortTaken if the console could not listen on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTaken(f"Port {port} is not free ({error.strerror}). Choose one: `PORT=8001 make run`.") from None


def answers(url: str) -> bool:
    """Return whether the server at `url` gives any answer that is no failure of its own."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own http address)
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def fresh_log(path: Path) -> Path:
    """Return `path`, emptied when it has grown too long."""
    if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
        path.write_bytes(b"")
    return path
