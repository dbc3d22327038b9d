"""One home, one stack: a lock that the kernel lifts when its holder dies, and a list of what the holder had started."""

import fcntl
import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from console.stack.home import Home


class AlreadyRunning(Exception):
    """Another stack runs on this home."""


class HomeLock:
    """Held for as long as a stack runs on `home`.

    Args:
        home: the directory to claim.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._file: IO[str] | None = None

    @property
    def children(self) -> Path:
        """Return the file that lists the processes of the stack, for the one that comes after a kill -9."""
        return self.home.path / "children.json"

    def acquire(self) -> None:
        """Claim the home. Raises AlreadyRunning, which names the process that has it."""
        self.home.make()
        # Private: who can open it can lock it, and keep the stack from starting.
        path = self.home.path / "lock"
        path.touch(mode=0o600)
        path.chmod(0o600)
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise AlreadyRunning(
                f"A stack already runs on {self.home.path} (process {holder}). "
                f"Use it, stop it with `kill {holder}`, or choose another HOLDPOINT_HOME."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the home back; the kernel does the same when the process dies."""
        with suppress(FileNotFoundError):
            self.children.unlink()
        if self._file:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def remember(self, pids: Iterable[int]) -> None:
        """Write down what runs, each with its start time, so that a number used again is not mistaken for it."""
        known = []
        for pid in pids:
            with suppress(psutil.NoSuchProcess):
                known.append([pid, psutil.Process(pid).create_time()])
        draft = self.children.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(known))
        draft.replace(self.children)

    def stop_leftovers(self) -> int:
        """Stop what a killed stack left behind, and return how many processes that were.

        The guard normally has done it, or is about to; this waits for it and then insists.
        """
        try:
            listed = json.loads(self.children.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return 0
        left = []
        for pid, started in listed:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                    left.append(process)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                # PostgreSQL takes TERM as "when everybody has gone"; INT ends the sessions.
                process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
        _, stubborn = psutil.wait_procs(left, timeout=6)
        for process in stubborn:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=3)
        return len(left)
