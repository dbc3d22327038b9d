"""`manage.py up`, which is `make run`: one home is started, broken, killed and started again, in this order."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from console.stack.home import PROJECT
from console.stack.people import COLLEAGUES, PEOPLE
from console.stack.process import Command
from console.stack.up import SERVICE_PATIENCE_SECONDS, WORKER_PATIENCE_SECONDS, answers
from tests.engine.watching import PATIENCE, wait_until
from tests.support.processes import Process
from tests.support.web import free_port

MANAGE = [sys.executable, "manage.py"]
STARTS_WITHIN = 180.0
"""Seconds. A new home is made, migrated and filled; the machine may be busy."""
OWN_SETTINGS = ("DATABASE_URL", "REDIS_URL", "HOLDPOINT_STATIC_FINDERS", "HOLDPOINT_WORKFLOWS")


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory(prefix="holdpoint-up-") as directory:
        yield Path(directory) / "home"


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture
def environment(home, port, monkeypatch):
    """What a person sets at a terminal: the home and the port, and nothing that points to the tests' services."""
    for name in OWN_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return {"HOLDPOINT_HOME": str(home), "PORT": str(port), "WORKERS": "1", "HOLDPOINT_DEMO_PASSWORD": "demo-secret"}


@pytest.fixture(scope="module")
def running(home):
    """The stacks that tests of this module started; the last one is the one that runs."""
    started: list[Process] = []
    yield started
    for stack in started:
        stack.stop()


def up(environment: dict[str, str], **more: str) -> Process:
    command = Command("up", [*MANAGE, "up"], {**environment, **more}, directory=str(PROJECT))
    directory = Path(environment["HOLDPOINT_HOME"]).parent
    return Process(command, directory, ready=lambda process: "Holdpoint is running" in process.output)


def manage(environment: dict[str, str], *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, *arguments],
        capture_output=True,
        text=True,
        timeout=STARTS_WITHIN,
        check=False,
        cwd=PROJECT,
        env={**os.environ, **environment, **more},
    )


def descendants(stack: Process) -> dict[str, psutil.Process]:
    found = {}
    for process in psutil.Process(stack.pid).children():
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile
            line = " ".join(process.cmdline())
            names = {"uvicorn": "web", "celery": "worker", "bin/postgres": "postgres", "valkey-server": "valkey"}
            found.update({name: process for mark, name in names.items() if mark in line})
    return found


def all_four(stack: Process) -> dict[str, psutil.Process]:
    """Wait until all its children run; a worker that begins while its database is away ends, to begin again."""
    return wait_until(lambda: found if len(found := descendants(stack)) == 4 else None, "all four run")


def test_without_demo_mode_it_starts_with_no_people_and_no_debug(environment, running):
    stack = up(environment, HOLDPOINT_DEMO="0")
    running.append(stack)
    stack.launch().wait_until_ready(STARTS_WITHIN)
    assert "Sign in as" not in stack.output
    asked = "from django.conf import settings as s; from django.contrib.auth.models import User"
    asked += "; print('people', User.objects.count(), 'debug', s.DEBUG, 'demo', s.HOLDPOINT_DEMO)"
    answer = manage(environment, "shell", "--no-imports", "-c", asked)
    assert answer.stdout.strip() == "people 0 debug False demo False", answer.stderr


def test_the_secret_key_is_made_up_once_and_is_private(home):
    key = home / "secret_key"
    assert len(key.read_text()) >= 50
    assert key.stat().st_mode & 0o077 == 0


def test_another_terminal_finds_the_running_stack(environment):
    made = manage(
        environment,
        *("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.com"),
        DJANGO_SUPERUSER_PASSWORD="long enough to keep",
    )
    assert made.returncode == 0, made.stderr


def test_a_second_start_on_one_home_names_the_first(environment, running):
    second = manage(environment, "up", PORT=str(free_port()))
    assert second.returncode == 1
    assert f"already runs on {environment['HOLDPOINT_HOME']} (process {running[-1].pid})" in second.stderr


def test_a_taken_port_is_an_error_that_says_what_to_do(environment, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        refused = manage(environment, "up", PORT=taken, HOLDPOINT_HOME=str(tmp_path / "other"))
    assert refused.returncode == 1
    assert f"Port {taken} is not free" in refused.stderr


def test_it_listens_on_the_loopback_address_only(running):
    everything = [psutil.Process(running[-1].pid), *psutil.Process(running[-1].pid).children(recursive=True)]
    listening = set()
    for process in everything:
        with suppress(psutil.NoSuchProcess):  # PostgreSQL's come and go
            listening |= {c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["web", "worker", "valkey", "postgres"])
def test_a_crashed_child_is_started_again_and_said_so(name, running, port):
    stack = running[-1]
    before = all_four(stack)[name]
    before.kill()
    spoken = "worker-1" if name == "worker" else name
    said = stack.wait_for_output(rf"{spoken} \(process {before.pid}\) was killed by SIGKILL; starting it again in .*")
    assert len(said.splitlines()) == 1
    again = wait_until(lambda: descendants(stack).get(name), f"{name} runs again")
    assert again.pid != before.pid
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/accounts/login/"), "pages are answered")


def test_children_of_a_killed_supervisor_are_stopped(running):
    stack = running[-1]
    children = list(all_four(stack).values())
    children[0].suspend()  # one of them cannot even react
    stack.kill9()
    gone, left = psutil.wait_procs(children, timeout=PATIENCE)
    assert not left, f"{len(gone)} ended"


def test_the_next_start_finds_its_data_and_makes_the_demo_people(environment, running, port):
    stack = up(environment, HOLDPOINT_DEMO="1")
    running.append(stack)
    stack.launch().wait_until_ready(STARTS_WITHIN)
    stack.wait_for_output("Ctrl-C stops everything")
    assert f"Holdpoint is running at http://127.0.0.1:{port}/" in stack.output
    for person in ("operator", "reviewer", "reviewer2", "auditor", "admin"):
        assert re.search(rf"^  {person} +demo-secret$", stack.output, re.MULTILINE)
    asked = "from django.contrib.auth.models import User; print(sorted(u.username for u in User.objects.all()))"
    answer = manage(environment, "shell", "--no-imports", "-c", asked)
    assert answer.stdout.strip() == str(sorted(["ada", *PEOPLE, *COLLEAGUES]))


def test_it_stops_within_ten_seconds_even_when_a_child_hangs(running):
    stack = running[-1]
    children = all_four(stack)
    children["worker"].suspend()
    os.kill(stack.pid, signal.SIGINT)
    stack.popen.wait(PATIENCE)
    assert stack.popen.returncode == 0
    _, left = psutil.wait_procs(list(children.values()), timeout=PATIENCE)
    assert not left
    assert f"worker-1 did not stop within {WORKER_PATIENCE_SECONDS:g} s" in stack.output
    assert WORKER_PATIENCE_SECONDS + SERVICE_PATIENCE_SECONDS < 10


def test_without_a_stack_a_command_says_what_to_do(environment):
    asked = manage(environment, "showmigrations")
    assert asked.returncode == 1
    assert "make run" in asked.stderr.splitlines()[-1]


def test_nonsense_in_the_environment_is_named(environment):
    assert (
        "HOLDPOINT_LEASE_SECONDS must be a number, not 'soon'"
        in manage(environment, "check", HOLDPOINT_LEASE_SECONDS="soon").stderr
    )
    assert (
        "DATABASE_URL must begin with postgresql://" in manage(environment, "check", DATABASE_URL="sqlite:///x").stderr
    )
