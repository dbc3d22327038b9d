"""The embedded server from other binaries than the wheel's: of the oldest version that is supported, where it is found.

The whole suite runs on them too: `HOLDPOINT_POSTGRES=/usr/lib/postgresql/15 make test`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.stack import postgres
from console.stack.home import PROJECT

USUAL_PLACES = ("/usr/lib/postgresql/15", "/usr/pgsql-15", "/opt/homebrew/opt/postgresql@15")
FOUND = next((place for place in USUAL_PLACES if Path(place, "bin", "initdb").exists()), "")
PART = ("tests/domain/test_unstorable.py", "tests/provenance/test_definition.py")
"""What PostgreSQL itself guards, and the chain."""
OURS = ("PYTEST_", "HOLDPOINT_", "DJANGO_", "DATABASE_", "REDIS_")
PATIENCE = 600
"""Seconds."""


@pytest.mark.skipif(not FOUND, reason="no PostgreSQL 15 here")
def test_a_part_of_the_suite_runs_on_the_oldest_version():
    # What this session has set for its own services and for its own part in the suite is not meant for another's.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**kept, "HOLDPOINT_POSTGRES": FOUND}
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *PART]
    ended = subprocess.run(
        asked, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:]


@pytest.fixture
def binaries(tmp_path, monkeypatch):
    """`binaries("15.1")` is an installation whose server says so, and the one that is used."""

    def make(version: str) -> None:
        program = tmp_path / "bin" / "postgres"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
        monkeypatch.setenv("HOLDPOINT_POSTGRES", str(tmp_path))

    return make


def test_what_cannot_be_used_is_said_before_anything_is_started(binaries, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    binaries("14.9")
    with pytest.raises(RuntimeError, match="PostgreSQL 15 or newer is needed"):
        postgres.EmbeddedPostgres(tmp_path / "home")
    binaries("16.2 (Debian 16.2-1)")
    server = postgres.EmbeddedPostgres(tmp_path / "home")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("18\n")
    with pytest.raises(RuntimeError, match=r"made by PostgreSQL 18, and .* is PostgreSQL 16"):
        server.prepare()
    (tmp_path / "bin" / "postgres").unlink()
    with pytest.raises(RuntimeError, match="There is no PostgreSQL in"):
        postgres.EmbeddedPostgres(tmp_path / "home")
