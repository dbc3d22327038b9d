"""Somebody who sits at a terminal: the client on a pseudo-terminal, read and answered as a person would."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

from tests.client.conftest import PATIENCE, Terminal

SIT_DOWN = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from holdpoint_client.app import main
main()
"""
"""A password is read from the terminal that a process belongs to."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Seat:
    """A command that runs at a terminal.

    Args:
        terminal: whose.
        words: of the command.
        columns: of the screen.
        changes: into its environment.
    """

    def __init__(self, terminal: Terminal, *words: object, columns: int = 100, **changes: str) -> None:
        environment = {**terminal.environment_of(), "COLUMNS": "", **changes}
        self.raw, self._seen = "", 0
        self.file, theirs = pty.openpty()
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", SIT_DOWN, *map(str, words)],
            env={name: value for name, value in environment.items() if value},
            cwd=terminal.home,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def reads(self, text: str) -> str:
        """Wait until a text is on the screen, after what was waited for before, and return all up to it."""
        while text not in self.screen[self._seen :]:
            assert self._more(), f"{text!r} never came after:\n{self.screen}"
        self._seen = self.screen.index(text, self._seen) + len(text)
        return self.screen[: self._seen]

    def types(self, text: str) -> None:
        """Type a line."""
        os.write(self.file, f"{text}\n".encode())

    def types_unseen(self, text: str) -> None:
        """Type a line once the terminal shows nothing of what is typed."""
        while termios.tcgetattr(self.file)[3] & termios.ECHO:
            time.sleep(0.02)
        self.types(text)

    def ends(self) -> int:
        """Wait for the end of the command and return its exit code."""
        while self._more():
            pass
        os.close(self.file)
        return self.process.wait(PATIENCE)

    @property
    def screen(self) -> str:
        """What was printed, without colours."""
        return ESCAPES.sub("", self.raw).replace("\r", "")

    def _more(self) -> bool:
        if not select.select([self.file], [], [], PATIENCE)[0]:
            return False
        try:
            piece = os.read(self.file, 65536)
        except OSError:
            return False
        self.raw += piece.decode(errors="replace")
        return bool(piece)
