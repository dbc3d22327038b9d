"""The real web process with a broker that is gone, or takes connections and never answers: everybody goes on."""

import re

import httpx
import pytest

from executions import commands
from executions.models import Execution
from tests.engine.watching import fresh, launch
from tests.support.web import Web

GENEROUS = 30.0
"""Seconds for one answer on a busy machine. Who waited for the broker would wait for ever: it is frozen."""


@pytest.fixture(params=["frozen", "gone"])
def web(request, live_db, own_valkey):
    """A web process whose broker was there when it started, and is not any more."""
    server = Web(REDIS_URL=own_valkey.url)
    server.start()
    own_valkey.freeze() if request.param == "frozen" else own_valkey.kill9()
    yield server
    own_valkey.thaw()
    server.stop()


def form(client, address, page="", **typed):
    """Fill in a form as a browser does: with the token of the page."""
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page or address).text)
    return client.post(
        address, data={"csrfmiddlewaretoken": token[1], **typed}, headers={"Referer": str(client.base_url)}
    )


def test_commands_pages_sign_in_and_streams_answer_as_usual(cast, web):
    _, token = commands.create_token(cast.actor("admin"), cast.admin, name="program")
    with httpx.Client(base_url=web.url, timeout=GENEROUS, headers={"Authorization": f"Bearer {token}"}) as program:
        run = program.post("/v1/async-executions", json={"workflow": "noop", "payload": {}}).json()["id"]
        route = f"/v1/async-executions/{run}"
        for what, body, state in (
            ("pause", {"reason": "why"}, "paused"),
            ("resume", {}, "queued"),
            ("pause", {"reason": "again"}, "paused"),
            ("cancel", {"reason": "why"}, "cancelled"),
        ):
            answer = program.post(f"{route}/{what}", json=body)
            assert answer.status_code == 200, answer.text
            assert fresh(run).state == state
        frozen = program.post("/v1/freezes", json={"workflow": "nobody", "reason": "why"})
        assert frozen.status_code == 201
        lifted = program.post(f"/v1/freezes/{frozen.json()['id']}/lift", json={"reason": "why"})
        assert lifted.status_code == 200, lifted.text
        body = {"command": "pause", "ids": [str(launch(cast, "noop").pk)], "reason": "why"}
        job = program.post("/v1/bulk", json=body)
        assert job.status_code < 300, job.text
        assert program.get("/v1/async-executions?state=cancelled").status_code == 200
        assert program.get("/readyz").json()["checks"]["broker"]["ok"] is False
        with program.stream("GET", f"{route}/events/stream") as stream:
            assert stream.status_code == 200
            assert next(stream.iter_lines())

    waiting = launch(cast, "noop")
    with httpx.Client(base_url=web.url, timeout=GENEROUS, follow_redirects=True) as browser:
        signed_in = form(browser, "/accounts/login/", login="operator", password=cast.password)
        assert signed_in.url.path == "/executions"
        page = f"/executions/{waiting.pk}"
        for address in ("/executions", page, "/inbox", "/holds", "/workflows", "/system"):
            assert browser.get(address).status_code == 200, address
        assert form(browser, f"{page}/pause", page, reason="by hand").status_code == 200
        assert fresh(waiting).state == "paused"
        assert form(browser, f"{page}/resume", page).status_code == 200
        assert fresh(waiting).state == "queued"
        before = Execution.objects.count()
        assert form(browser, "/launch/noop", "/launch/noop", title="By hand").status_code == 200
        assert Execution.objects.count() == before + 1
        assert "The broker is away" in browser.get("/system").text
