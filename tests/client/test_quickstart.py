"""docs/how-to/from-a-program.md: every line of it is carried out, against a real server and a real worker."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console.stack.home import PROJECT
from executions import commands
from executions.models import Event, Execution

PAGE = (PROJECT / "docs/how-to/from-a-program.md").read_text()
STORY = [
    "execution.launched",
    "suspension.opened",
    "hold.placed",
    "hold.released",
    "suspension.answered",
    "execution.succeeded",
]


def program(title, kind="bash"):
    """Return the program that stands below a heading of the page."""
    return re.search(rf"```{kind}\n(.*?)```", PAGE[PAGE.index(f"## {title}\n") :], re.DOTALL)[1]


@pytest.fixture
def run(cast, web, worker):
    """Run a program as the page says, with its token, and return what it printed."""
    _, token = commands.create_token(cast.actor("reviewer"), cast.reviewer, name="first steps")

    def carry_out(*argv):
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": "/nonexistent",
            "HOLDPOINT_URL": web.url,
            "HOLDPOINT_TOKEN": token,
        }
        done = subprocess.run(argv, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return carry_out


def told(order):
    """Return the kinds of the story's events of the run for an order, in their order."""
    found = Execution.objects.filter(workflow="refund-approval", payload__order=order).latest("created_at")
    assert found.state == "succeeded"
    kinds = Event.objects.filter(ledger=found.pk).order_by("seq").values_list("kind", flat=True)
    return [kind for kind in kinds if kind in STORY]


needs_tools = pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="needs curl and jq")


@needs_tools
def test_with_curl(run):
    said = run("bash", "-euo", "pipefail", "-c", program("curl"))
    assert "Waiting for the photographs" in said
    assert "execution.succeeded" in said
    assert "null" not in said, "the page reads a field that the answer does not have"
    assert told("OR-20817") == STORY


@needs_tools
def test_in_the_terminal(run):
    said = run("bash", "-euo", "pipefail", "-c", program("Terminal"))
    assert "480" in said
    assert told("OR-20818") == STORY


def test_in_python(run):
    said = run(sys.executable, "-c", program("Python", "python"))
    assert "We have paid 480.00 euros back to you" in said
    assert told("OR-20819") == STORY
