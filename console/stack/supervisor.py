"""Starts the processes of a stack, starts them again when they crash, and stops them all in time.

docs/decisions/0002-supervisor.md says why this is not honcho.
"""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from console.stack.process import Command, signal_group

FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 15.0
STEADY_AFTER_SECONDS = 20.0  # a child that lived this long has recovered: its next crash starts at the first backoff
GUARD = Path(__file__).with_name("guard.py")


class Child:
    """One supervised process.

    Args:
        command: how to start it.
        say: prints one line for the supervisor.
        log: file for its output; None prints it, with its name in front of every line.
    """

    def __init__(self, command: Command, say: Callable[[str, str], None], log: Path | None = None) -> None:
        self.command, self.log = command, log
        self.process: subprocess.Popen[bytes] | None = None
        self.restart_at: float | None = None
        self._say = say
        self._backoff = FIRST_BACKOFF_SECONDS
        self._started = 0.0

    @property
    def pid(self) -> int | None:
        """Return the id of the running process, None between two lives."""
        return self.process.pid if self.process else None

    def start(self) -> int:
        """Start it now and return the id of its process."""
        if self.log:
            with self.log.open("ab") as file:
                self.process = self.command.start(file)
        else:
            self.process = self.command.start(subprocess.PIPE)
            assert self.process.stdout is not None
            threading.Thread(target=self._relay, args=(self.process.stdout,), daemon=True).start()
        self._started, self.restart_at = time.monotonic(), None
        return self.process.pid

    def note_crash(self) -> str | None:
        """Return what to tell people if it has just ended, else None. Plans the next start."""
        if not self.process or self.process.poll() is None:
            return None
        if self.command.may_end and self.process.returncode == 0:
            self.process = None
            return None
        lived = time.monotonic() - self._started
        if lived > STEADY_AFTER_SECONDS:
            self._backoff = FIRST_BACKOFF_SECONDS
        how = ending(self.process.returncode)
        message = f"{self.command.name} (process {self.process.pid}) {how}; starting it again in {self._backoff:g} s"
        if self.log:
            message += f" (its log: {self.log})"
        self.process, self.restart_at = None, time.monotonic() + self._backoff
        self._backoff = min(self._backoff * 2, LONGEST_BACKOFF_SECONDS)
        return message

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and its group, if it runs."""
        if self.process and self.process.poll() is None:
            signal_group(self.process, number)

    def has_ended(self) -> bool:
        """Return whether nothing of it runs."""
        return self.process is None or self.process.poll() is not None

    def _relay(self, stream: IO[bytes]) -> None:
        for line in stream:
            if text := line.decode(errors="replace").rstrip():
                self._say(self.command.name, text)


class Supervisor:
    """Children in start order, watched until somebody asks for the end.

    Args:
        on_change: called with the ids of all running processes whenever one starts or ends.
    """

    def __init__(self, on_change: Callable[[list[int]], None]) -> None:
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self._on_change = on_change
        self._print_lock = threading.Lock()
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD)], stdin=subprocess.PIPE, start_new_session=True, text=True
        )

    def say(self, who: str, line: str) -> None:
        """Print one line with the name of its speaker in front; a closed terminal is no reason to stop."""
        with self._print_lock:
            try:
                print(f"{who:<10}| {line}", flush=True)
            except (BrokenPipeError, ValueError):
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (for the rest of the process)

    def add(self, command: Command, log: Path | None = None) -> Child:
        """Start a program and watch it from now on."""
        child = Child(command, self.say, log)
        self.children.append(child)
        self._start(child)
        return child

    def tell_guard(self, line: str) -> None:
        """Register (`+<group> <signal>`) or strike off (`-<group>`) what must not outlive this process."""
        try:
            assert self._guard.stdin is not None
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()
        except BrokenPipeError:
            self.say("holdpoint", "the guard process is gone; a killed supervisor would leave its children running")

    def forget(self, child: Child) -> None:
        """Stop watching a child that has ended as it should."""
        self.children.remove(child)
        self.tell_guard(f"-{child.pid}")
        self._publish()

    def watch(self, seconds: float = 0.1) -> None:
        """Look once after every child, then wait up to `seconds` or until asked to stop."""
        for child in self.children:
            pid = child.pid
            if message := child.note_crash():
                self.say("holdpoint", message)
            if child.pid != pid:
                self.tell_guard(f"-{pid}")
                self._publish()
            if child.restart_at is not None and time.monotonic() >= child.restart_at:
                self._start(child)
        self.stopping.wait(seconds)

    def stop(self, groups: list[list[Child]], patience: list[float]) -> None:
        """Stop the children group by group: ask, wait, kill.

        Args:
            groups: who goes first, second, …
            patience: seconds each group gets between the request and SIGKILL.
        """
        for group, seconds in zip(groups, patience, strict=True):
            for child in group:
                child.restart_at = None
                child.send(child.command.stop_signal)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and not all(child.has_ended() for child in group):
                time.sleep(0.02)
            for child in itertools.filterfalse(Child.has_ended, group):
                self.say("holdpoint", f"{child.command.name} did not stop within {seconds:g} s; killing it")
                child.send(signal.SIGKILL)
                if child.process:
                    child.process.wait()
            for child in group:
                if child.process:
                    self.tell_guard(f"-{child.process.pid}")
        if self._guard.stdin:
            self._guard.stdin.close()
        self._guard.wait(timeout=7)

    def _start(self, child: Child) -> None:
        pid = child.start()
        self.tell_guard(f"+{pid} {int(child.command.stop_signal)}")
        self._publish()

    def _publish(self) -> None:
        self._on_change([child.pid for child in self.children if child.pid])


def ending(code: int) -> str:
    """Return in words how a process ended."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
