"""What it takes to run somebody else's program: how to start it, as whom, and where its socket fits."""

import hashlib
import os
import pwd
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; under root it runs as this user
LONGEST_SOCKET_PATH = 103  # sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero


@dataclass(frozen=True)
class Command:
    """A program to start. Each becomes the leader of its own process group, so that a terminal's Ctrl-C goes to the
    supervisor alone and a group can be stopped as one.

    Args:
        name: what people read in front of its output.
        argv: program and arguments.
        environment: added to this process's own.
        user: system user to run as, when this process is root; None keeps the current one.
        stop_signal: asks it to end in good order.
        directory: where to start it.
        may_end: that it ends in good order is no crash; it is not started again then.
    """

    name: str
    argv: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    directory: str | None = None
    may_end: bool = False

    def start(self, output: IO[Any] | int) -> subprocess.Popen[bytes]:
        """Start it; standard output and error go to `output`."""
        identity: dict[str, Any] = {}
        if self.user:
            identity = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}
        return subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment},
            cwd=self.directory,
            start_new_session=True,
            **identity,
        )


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the process and whatever it started; quiet when all of them are gone."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def socket_directory(directory: Path, name: str) -> Path:
    """Return where a socket called `name` can live: `directory`, or a short private path when that one is too long."""
    if len(os.fsencode(directory / name)) <= LONGEST_SOCKET_PATH:
        return directory
    digest = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"holdpoint-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    refuse_strange_directory(short)
    return short


def refuse_strange_directory(path: Path) -> None:
    """Raise PermissionError unless `path` is a directory that no other person can have made or can write to.

    Its name is no secret and everybody may write to its parent: another user may have put a directory of his own there,
    or a link, which root would follow and give away.
    """
    found = path.lstat()
    owners = {os.getuid()}
    if os.getuid() == 0:
        with suppress(KeyError):
            owners.add(pwd.getpwnam(SYSTEM_USER).pw_uid)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o022:
        raise PermissionError(f"{path} belongs to somebody else. Remove it, or choose a shorter HOLDPOINT_HOME.")


def let_through(path: Path) -> None:
    """Let other users pass through (not read) the directories above `path`, as the server's own user must."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)
