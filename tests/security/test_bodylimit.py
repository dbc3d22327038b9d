"""A body is refused before it is kept, and a stranger's sooner."""

import httpx
import pytest

from console.bodylimit import BodyLimit
from tests.support.loops import run_coroutine

COOKIE = (b"cookie", b"other=1; holdpoint_session=abc")
TOKEN = (b"authorization", b"Bearer hp_x")


async def _reads_all(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def send_to_limit(chunks, headers=(), path="/launch/x"):
    """Send a body in chunks; return status, how many chunks were taken, and the answer's body."""
    limit = BodyLimit(_reads_all, most=100, of_strangers=10, session_cookie="holdpoint_session")
    sent, left = [], list(chunks)

    async def receive():
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": list(headers)}
    run_coroutine(limit(scope, receive, send))
    return sent[0]["status"], len(chunks) - len(left), sent[1]["body"]


@pytest.mark.parametrize(
    ("headers", "size", "status"),
    [
        ([], 10, 200),
        ([], 11, 413),
        ([COOKIE], 100, 200),
        ([COOKIE], 101, 413),
        ([TOKEN], 100, 200),
        ([TOKEN], 101, 413),
    ],
)
def test_the_limit_depends_on_credentials(headers, size, status):
    assert send_to_limit([b"x" * size], headers)[0] == status


def test_what_is_announced_too_large_is_not_read_at_all():
    assert send_to_limit([b"x"] * 3, [(b"content-length", b"11")])[:2] == (413, 0)


def test_what_was_not_announced_is_read_no_further_than_the_limit():
    assert send_to_limit([b"xxxxxx"] * 50)[:2] == (413, 2)


def test_a_program_gets_a_problem_document():
    assert b"urn:holdpoint:problem:too-large" in send_to_limit([b"x" * 11], path="/v1/async-executions")[2]


def test_a_stranger_cannot_fill_the_disk(web, live_db):
    with httpx.Client(base_url=web.url) as stranger:
        for where in ("/launch/counting", "/accounts/login/", "/v1/async-executions", "/nowhere"):
            answer = stranger.post(where, content=b"x" * 3_000_000)
            assert answer.status_code == 413, where
        assert stranger.get("/healthz").status_code == 200
