"""A real process under test: start it, break it, read what it said."""

import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from console.stack.process import Command, signal_group
from console.stack.supervisor import Supervisor

# Tests that are killed leave nothing behind: the stack's own guard looks after their processes too.
GUARDED = Supervisor(on_change=lambda pids: None)
PATIENCE = 120.0
"""Seconds. Generous, because the machine may be busy."""


class Process:
    """A subprocess with its output in a file.

    Args:
        command: how to start it.
        directory: where its log goes.
        ready: returns whether it can be used; asked until it does.
    """

    def __init__(self, command: Command, directory: Path, ready: Callable[["Process"], bool]) -> None:
        # Django refuses database work inside a running event loop everywhere but in the test process.
        self.command = replace(command, environment={**command.environment, "DJANGO_ALLOW_ASYNC_UNSAFE": ""})
        self.log = directory / f"{command.name}-{time.monotonic_ns()}.log"
        self.popen: subprocess.Popen[bytes] | None = None
        self._ready = ready

    @property
    def pid(self) -> int:
        assert self.popen is not None, f"{self.command.name} was never started"
        return self.popen.pid

    @property
    def output(self) -> str:
        """Return everything it printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def launch(self) -> "Process":
        """Start it without waiting."""
        with self.log.open("ab") as file:
            self.popen = self.command.start(file)
        GUARDED.tell_guard(f"+{self.popen.pid} {int(self.command.stop_signal)}")
        return self

    def wait_until_ready(self, seconds: float = PATIENCE) -> "Process":
        deadline = time.monotonic() + seconds
        while not self._ready(self):
            if not self.alive() or time.monotonic() > deadline:
                raise AssertionError(f"{self.command.name} did not become ready:\n{self.output}")
            time.sleep(0.02)
        return self

    def start(self) -> "Process":
        """Start it and wait until it can be used."""
        return self.launch().wait_until_ready()

    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.alive():
            signal_group(self.popen, number)

    def kill9(self) -> None:
        """End it as a crash does, and wait until the kernel has cleaned up."""
        self.signal(signal.SIGKILL)
        self._reap()

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def stop(self, seconds: float = 15) -> None:
        """Ask it to end in good order; kill it when it has not after `seconds`."""
        if not self.alive():
            return
        self.thaw()
        self.signal(self.command.stop_signal)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill9()
        self._reap()

    def restart(self) -> None:
        self.stop()
        self.start()

    def wait_for_output(self, pattern: str, seconds: float = PATIENCE) -> str:
        """Wait until its output matches `pattern`, and return the match."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output)):
            assert time.monotonic() < deadline, f"{pattern!r} not said by {self.command.name}:\n{self.output}"
            time.sleep(0.02)
        return found.group(0)

    def _reap(self) -> None:
        if self.popen:
            self.popen.wait(PATIENCE)
            GUARDED.tell_guard(f"-{self.popen.pid}")
