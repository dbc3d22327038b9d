"""Workers forked from a process that has loaded their code: the same program, without the second that loading takes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

from console.stack.process import Command
from tests.support.processes import GUARDED, Process

MOST = 3
"""Environments for which a process is kept ready: each takes some memory."""


class Fork:
    """What `subprocess.Popen` is for a process that somebody else is the parent of."""

    def __init__(self, source: Source, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._source = source

    def poll(self) -> int | None:
        if self.returncode is None:
            self._source.listen(0)
            self.returncode = self._source.ended.get(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while self.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired("a forked worker", timeout or 0)
            self._source.listen(min(left, 1))
        assert self.returncode is not None
        return self.returncode


class Source:
    """A process that becomes workers of one environment.

    Args:
        command: how such a worker is started otherwise; its environment and directory are used.
    """

    def __init__(self, command: Command) -> None:
        self.ended: dict[int, int] = {}
        self._began: list[int] = []
        self._told = b""
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.becoming"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **command.environment},
            cwd=command.directory,
            start_new_session=True,
        )
        GUARDED.tell_guard(f"+{self._process.pid} 9")

    def fork(self, arguments: list[str], log: Path) -> Fork:
        """Start a worker."""
        order = json.dumps({"arguments": arguments, "log": str(log)})
        self._process.stdin.write(f"{order}\n".encode())
        self._process.stdin.flush()
        while not self._began:
            self.listen(1)
            assert self._process.poll() is None, "the process that becomes workers has ended"
        return Fork(self, self._began.pop())

    def listen(self, seconds: float) -> None:
        """Take in what it tells, waiting so long for it to begin."""
        with self._lock:
            while select.select([self._process.stdout], [], [], seconds)[0]:
                piece = os.read(self._process.stdout.fileno(), 65536)
                if not piece:
                    return
                *lines, self._told = (self._told + piece).split(b"\n")
                for what, pid, *code in (line.decode().split() for line in lines):
                    if what == "began":
                        self._began.append(int(pid))
                    else:
                        self.ended[int(pid)] = int(code[0])
                seconds = 0

    def close(self) -> None:
        """End it; no worker of it is alive any more."""
        self._process.kill()
        self._process.wait()
        GUARDED.tell_guard(f"-{self._process.pid}")
        for end in (self._process.stdin, self._process.stdout):
            end.close()


class Forked(Process):
    """A worker that is forked rather than started."""

    def __init__(self, plain: Process, source: Source) -> None:
        self.__dict__.update(plain.__dict__)
        self._source = source

    def launch(self) -> Forked:
        arguments = self.command.argv[self.command.argv.index("celery") + 1 :]
        self.popen = self._source.fork(arguments, self.log)
        GUARDED.tell_guard(f"+{self.popen.pid} {int(self.command.stop_signal)}")
        return self
