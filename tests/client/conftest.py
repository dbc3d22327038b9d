"""The terminal client as people use it: a process of its own against a real web server."""

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from console.stack.home import PROJECT
from executions import commands
from executions.actors import SYSTEM
from tests.effects import effects_table  # noqa: F401  (a fixture)

PATIENCE = 60
"""Seconds until a command that does not end fails the test."""


@dataclass
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def documents(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    def words(self) -> str:
        """All that was printed, on one line."""
        return " ".join((self.out + " " + self.err).split())


@dataclass
class Terminal:
    """`holdpoint` with somebody's token; a call takes the words after it."""

    url: str
    token: str = field(repr=False)
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def environment_of(self) -> dict[str, str | None]:
        """Return the variables that a command has."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT / "client" / "src"),
            "HOME": str(self.home),
            "HOLDPOINT_URL": self.url,
            "HOLDPOINT_TOKEN": self.token,
            "COLUMNS": "160",
            "TERM": "xterm-256color",
            **self.environment,
        }

    def start(
        self, *words: str, program: tuple[str, ...] = ("-m", "holdpoint_client"), **changes: str | None
    ) -> subprocess.Popen:
        """Start a command; ``changes`` go into its environment, None takes a variable out."""
        environment = self.environment_of() | changes
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.Popen(
            [sys.executable, *program, *words],
            env=environment,
            cwd=self.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: Any, stdin: str = "", **changes: str | None) -> Said:
        process = self.start(*map(str, words), **changes)
        try:
            out, err = process.communicate(stdin, timeout=PATIENCE)
        finally:
            process.kill()
        assert self.token not in out + err
        assert "Traceback" not in err
        return Said(process.returncode, out, err)


@pytest.fixture
def terminal(live_db, cast, web, tmp_path):
    """`terminal("operator")` is the client with that person's token; scopes narrow what it may do."""

    def make(name: str, scopes: list[str] | None = None) -> Terminal:
        _, token = commands.create_token(SYSTEM, getattr(cast, name), name="terminal", scopes=scopes)
        return Terminal(web.url, token, tmp_path)

    return make


@pytest.fixture
def operator(terminal) -> Terminal:
    return terminal("operator")


@pytest.fixture(autouse=True)
def _effects(effects_table):  # noqa: F811
    return effects_table


def word() -> str:
    """Return a word that no other run's title has, and that cannot be read as an id."""
    return f"w{uuid.uuid4().hex}"


@pytest.fixture
def run(live_db, cast):
    """`run()` is a run that nobody works on; `run(title="…")` a run with that title."""

    def make(workflow: str = "noop", payload: dict[str, Any] | None = None, **options: Any):
        return commands.launch(cast.actor("operator"), workflow, payload or {}, **options)

    return make


READY = """
import contextlib, io, json, sys
from holdpoint_client.app import main
for line in sys.stdin:
    sys.argv = ["holdpoint", *json.loads(line)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    print(json.dumps([code, *(stream.buffer.getvalue().decode() for stream in (out, err))]), flush=True)
"""
"""Carries out one command after the other, without the time that a process needs to begin."""


@pytest.fixture
def ready():
    """Make terminals that take many commands in one process: `ready(terminal("admin"))("execution", "list")`."""
    processes = []

    def make(terminal: Terminal):
        process = terminal.start(program=("-c", READY), HOLDPOINT_CONFIG=str(terminal.home / "none"))
        processes.append(process)

        def say(*words: Any) -> Said:
            process.stdin.write(json.dumps([*map(str, words)]) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, process.stderr.read()
            said = Said(*json.loads(line))
            assert terminal.token not in said.out + said.err
            return said

        return say

    yield make
    for process in processes:
        process.stdin.close()
        process.wait(PATIENCE)
