"""The terminal's commands that the API's reference shows: each sends the request of the operation it stands with."""

import datetime
import json
import re
import shlex
import subprocess
import sys
from typing import Any

import pytest

from console.api.v1 import api
from console.reference import document
from console.stack.home import PROJECT
from tests.client.conftest import PATIENCE

DESCRIBED = api.get_openapi_schema()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
PREVIEW = {"matched": {"number": 1, "at_least": False}, "below": {"number": 0, "at_least": False}, "eligible": 1}
PREVIEW |= {"command": "pause", "by_state": {"queued": 1}, "left_out": [], "too_many": False}
ENDED = {"stream", "run_stream"}
"""Those whose example ends with a token that was revoked."""
GIVE_THEM = """
import contextlib, io, json, re, sys
import httpx

preview, routes, commands = json.load(sys.stdin)
sent = []

def answer(request):
    request.read()
    method, path = request.method, request.url.path
    sent.append([method, path, request.content.decode(errors="replace")])
    if request.content.startswith(b"{") and json.loads(request.content).get("dry_run"):
        return httpx.Response(200, json=preview)
    status, kind, example = next(each for route, *each in routes if re.fullmatch(route, f"{method} {path}"))
    return httpx.Response(status, headers={"Content-Type": kind}, text=example)

begin = httpx.Client.__init__
httpx.Client.__init__ = lambda self, **given: begin(self, **{**given, "transport": httpx.MockTransport(answer)})
from holdpoint_client.app import main

told = {}
for name, words in commands.items():
    sent.clear()
    sys.argv = words
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    told[name] = [code, list(sent), err.buffer.getvalue().decode()]
print(json.dumps(told))
"""
"""Gives commands, one after the other, to a client whose server answers every request with its example."""


def route(name: str) -> str:
    """Return an operation's method and path as an expression that addresses match."""
    method, path, _ = OPERATIONS[name]
    return re.sub(r"\{\w+\}", "[^/]+", f"{method} {path}")


def example_answer(operation: dict[str, Any]) -> tuple[int, str, str]:
    status, answer = next((status, answer) for status, answer in operation["responses"].items() if status < "400")
    kind, content = next(iter(answer.get("content", {}).items()), ("", {}))
    shown = content.get("example", {} if kind == "application/json" else "")
    return int(status), kind, shown if isinstance(shown, str) else json.dumps(shown)


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> dict[str, Any]:
    """operationId → exit code, requests and complaints of the command that the reference shows."""
    home = tmp_path_factory.mktemp("terminal")
    (home / "one.xml").write_text("<one/>")
    commands = {
        name: shlex.split(sample.text)
        for name, (_, operation) in document.places().items()
        for sample in operation.samples
        if sample.title == "Terminal"
    }
    # The exact ones first: `/counts` is no run's id.
    by_exactness = sorted(OPERATIONS, key=lambda name: OPERATIONS[name][1].count("{"))
    routes = [(route(name), *example_answer(OPERATIONS[name][2])) for name in by_exactness]
    environment = {"PYTHONPATH": str(PROJECT / "client" / "src"), "HOME": str(home), "COLUMNS": "160"}
    environment |= {"HOLDPOINT_URL": "http://holdpoint.test", "HOLDPOINT_TOKEN": "hp_test"}
    carried_out = subprocess.run(
        [sys.executable, "-c", GIVE_THEM],
        input=json.dumps([PREVIEW, routes, commands]),
        env=environment,
        cwd=home,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return json.loads(carried_out.stdout)


def test_each_sends_the_request_of_its_operation(given):
    assert set(given) == set(OPERATIONS)
    for name, (code, sent, complaints) in given.items():
        _, _, operation = OPERATIONS[name]
        assert code == 0 or name in ENDED, (name, complaints)
        bodies = [body for method, path, body in sent if re.fullmatch(route(name), f"{method} {path}")]
        assert bodies, (name, sent)
        content = operation.get("requestBody", {}).get("content", {})
        wanted = content.get("application/json", {}).get("example") or {}
        if wanted:
            told = json.loads(bodies[-1])
            assert {key: moment(told.get(key)) for key in wanted} == {key: moment(wanted[key]) for key in wanted}, name


def moment(value: Any) -> Any:
    """Make one value of a time, however it is written."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.datetime.fromisoformat(value)
    return value
