"""Kills a worker right after one of its commits. A worker imports it as if it were a module of workflows.

``HOLDPOINT_TEST_CRASH_AFTER`` says after how many commits, counted on the thread that carries
runs on, while it is on one.
"""

import os
import signal
import sys
import threading
from typing import Any

import psycopg

AFTER = int(os.environ.get("HOLDPOINT_TEST_CRASH_AFTER", "0"))
WRITES = ("INSERT", "UPDATE", "WITH")

_commits = 0


def _committed() -> None:
    from executions.engine import leases

    global _commits
    if threading.current_thread() is not threading.main_thread() or not leases.held():
        return
    _commits += 1
    if _commits == AFTER:
        sys.stderr.write(f"killed after commit {AFTER}\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def _install() -> None:
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit

    def execute_and_count(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        alone = self.connection.autocommit
        result = execute(self, query, *args, **more)
        if alone and str(query).lstrip().startswith(WRITES):
            _committed()
        return result

    def commit_and_count(self: Any) -> None:
        commit(self)
        _committed()

    psycopg.Cursor.execute = execute_and_count
    psycopg.Connection.commit = commit_and_count


if AFTER:
    _install()
