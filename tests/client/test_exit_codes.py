"""Every way in which a command can fail has its exit code, its sentence, and says what would be allowed instead."""

import re
import subprocess
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from console.stack.home import PROJECT
from executions import commands
from tests.client.conftest import PATIENCE
from tests.engine.watching import data, events, fresh
from tests.support.web import free_port

NOWHERE = "http://127.0.0.1:1"


def test_a_refusal_by_the_state_is_3_and_says_what_is_allowed(operator, run):
    execution = run()
    said = operator("execution", "resume", execution.pk)
    assert said.code == 3
    assert said.out == ""
    assert "Only a paused or pausing run can be resumed." in said.words()
    assert "the run is queued" in said.words()
    assert re.search(r"you may .*pause.*cancel", said.words())
    document = operator("execution", "resume", execution.pk, "--json").document
    assert (document["status"], document["state"]) == (409, "queued")
    assert "pause" in document["allowed"]


def test_somebodys_hold_is_3_and_says_whose_it_is_and_which(operator, run, cast):
    execution = run()
    hold = commands.place(cast.actor("reviewer"), execution.pk, reason="fraud check")
    said = operator("execution", "resume", execution.pk)
    assert said.code == 3
    assert "Held by reviewer (compliance) since" in said.words()
    assert ": fraud check. A reviewer can release it." in said.words()
    assert f"hold {hold.pk}" in said.words()
    assert fresh(execution).state == "paused"


def test_what_is_not_yours_is_4_recorded_and_says_which_scope(terminal, run):
    execution = run()
    said = terminal("auditor")("execution", "cancel", execution.pk, "--reason", "no")
    assert said.code == 4
    assert "executions:cancel" in said.err
    (denied,) = events(execution, "command.denied")
    assert (denied.via, data(denied)["command"]) == ("cli", "cancel")
    assert fresh(execution).state == "queued"


@pytest.mark.parametrize("token", ["hp_" + "x" * 43, "nonsense"])
def test_a_token_that_is_no_good_is_4(operator, token):
    said = operator("execution", "list", HOLDPOINT_TOKEN=token)
    assert said.code == 4
    assert token not in said.out + said.err
    assert "holdpoint login" in said.err


def test_an_unknown_run_is_5(operator):
    assert operator("execution", "status", uuid.uuid4()).code == 5
    assert operator("execution", "pause", "0" * 12, "--reason", "x").code == 5
    assert operator("hold", "release", uuid.uuid4(), "--reason", "x").code == 5


NOT_UNDERSTOOD = [
    ["execution", "list", "--colour"],
    ["execution", "status"],
    ["execution", "status", "short"],
    ["execution", "status", "not-an-id-at-all"],
    ["execution", "list", "--state", "sleeping"],
    ["execution", "list", "--limit", "0"],
    ["execution", "launch", "noop", "--payload", "{"],
    ["execution", "launch", "noop", "--payload", "[]"],
    ["execution", "launch", "noop", "--payload", '{"x": NaN}'],
    ["execution", "launch", "noop", "--payload", '{"x": 1e999}'],
    ["execution", "launch", "noop", "--payload", "@latin-1.json"],
    ["execution", "launch", "noop", "--label", "nothing"],
    ["execution", "launch", "noop", "--not-before", "soon"],
    ["execution", "launch", "noop", "--not-before", "1..2h"],
    ["execution", "launch", "noop", "--not-before", "99999999999d"],
    ["execution", "launch", "noop", "--idempotency-key", "é"],
    ["execution", "launch", "noop", "--title", "\udcff"],
    ["execution", "files", "get", "00000000-0000-0000-0000-000000000000", "\udcff"],
    ["execution", "resume", "00000000-0000-0000-0000-000000000000", "--data", "5"],
    ["events", "--keep", "latin-1.json"],
    ["events", "--keep", "."],
    ["hold", "list", "--cursor", "nonsense"],
]


def test_what_is_not_understood_is_2(operator, ready):
    (operator.home / "latin-1.json").write_bytes(b'{"x": "\xe9"}')
    say = ready(operator)
    for words in NOT_UNDERSTOOD:
        said = say(*words)
        assert (said.code, bool(said.err.strip())) == (2, True), (words, said.words())


@pytest.mark.parametrize(
    "url", ["localhost:8000", "http://a..b", "http://xn--", "http://user:pass@localhost", "ftp://x"]
)
def test_an_address_that_is_none_is_2(operator, url):
    said = operator("execution", "list", HOLDPOINT_URL=url)
    assert (said.code, "is no address of a server" in said.words(), "pass@" in said.err) == (2, True, False)


def test_a_reader_who_has_enough_ends_a_command_well_and_a_full_disk_does_not(operator, run):
    run()
    asked = ("execution", "list", "--all")
    process = operator.start(*asked)
    process.stdout.close()
    assert (process.wait(PATIENCE), process.stderr.read().partition("shown")[0].count("Error")) == (0, 0)
    with open("/dev/full", "w") as full:
        said = subprocess.run(
            [sys.executable, "-m", "holdpoint_client", *asked],
            env=operator.environment_of(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (said.returncode, said.stderr) == (2, "Cannot write: The output: No space left on device.\n")


@pytest.mark.parametrize("given", [[], ["--reason", "  "]], ids=["missing", "blank"])
@pytest.mark.parametrize("command", ["pause", "cancel", "retry"])
def test_a_reason_is_required_and_nothing_is_sent_without(operator, run, command, given):
    execution = run()
    said = operator("execution", command, execution.pk, *given)
    assert (said.code, "--reason" in said.err) == (2, True)
    assert [event.kind for event in events(execution)] == ["execution.launched"]


def test_no_server_there_is_6(operator):
    said = operator("execution", "list", HOLDPOINT_URL=NOWHERE)
    assert said.code == 6
    assert NOWHERE in said.err
    assert "onnection refused" in said.err
    document = operator("execution", "pause", uuid.uuid4(), "-r", "x", "--json", HOLDPOINT_URL=NOWHERE).document
    assert document["type"] == "urn:holdpoint:problem:unreachable"


class SomethingElse(BaseHTTPRequestHandler):
    """A web server that is not Holdpoint."""

    def do_GET(self) -> None:
        if self.path.endswith("/workflows"):
            self.send_response(429)
            self.send_header("Retry-After", "90")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<h1>Welcome</h1>")

    def do_POST(self) -> None:
        self.send_response(409)
        self.send_header("Content-Type", "application/problem+json")
        self.end_headers()
        self.wfile.write(b'{"type": "urn:holdpoint:problem:in-progress", "status": 409}')

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_server_that_is_something_else_is_6(operator):
    server = HTTPServer(("127.0.0.1", free_port()), SomethingElse)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        said = operator("execution", "list", HOLDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
        key = ("--idempotency-key", "mine", "--json")
        slow = operator("event", "emit", "x", *key, HOLDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
        busy = operator("workflow", "list", HOLDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert said.code == 6
    assert "not as Holdpoint does" in said.words()
    assert (slow.code, slow.document["idempotency_key"]) == (6, "mine")
    assert (busy.code, "Try again in 90 s." in busy.words()) == (6, True)


def test_every_exit_code_is_documented():
    """The client's own list is read as text: the tests import nothing of it, as scripts would not."""
    source = (PROJECT / "client/src/holdpoint_client/failures.py").read_text()
    codes = set(re.findall(r"^    [A-Z_]+ = (\d+)$", source, re.MULTILINE))
    page = (PROJECT / "docs/reference/terminal.md").read_text()
    assert codes >= {"0", "2", "3", "4", "5", "6"}
    assert codes == set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE))


def test_a_command_without_its_group_is_2_and_the_group_is_named(operator):
    said = operator("pause", "0197a3c2")
    assert said.code == 2
    assert "Did you mean 'execution pause'?" in said.words()
