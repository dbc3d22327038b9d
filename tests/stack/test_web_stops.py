"""A web process that is asked to stop: who follows is let go with a word, and comes back to another one."""

import signal

import pytest
from django.conf import settings

from executions import commands
from executions.actors import SYSTEM
from tests.support.streams import Stream, following, request
from tests.support.web import Web

pytestmark = pytest.mark.usefixtures("live_db")
PARTED = "this web process stops; come back"


def test_streams_end_in_good_order_and_at_once(cast):
    """A stream that the server's patience cuts off ends in the middle of an answer, which reading it would tell."""
    token = commands.create_token(SYSTEM, cast.operator, name="follows")[1]
    run = commands.launch(cast.actor("operator"), "noop", {})
    cookie = f"{settings.SESSION_COOKIE_NAME}={cast.client('operator').cookies[settings.SESSION_COOKIE_NAME].value}"
    server = Web().start()
    try:
        page = Stream(request(server, "/stream", Cookie=cookie))
        assert page.response.status == 200
        with (
            following(server, "/v1/events/stream", token) as everything,
            following(server, f"/v1/async-executions/{run.pk}/events/stream", token, "0") as of_run,
        ):
            everything.beat()
            assert of_run.next().data["kind"] == "execution.launched"
            server.signal(signal.SIGTERM)
            for stream in (everything, of_run, page):
                assert all(message.name != "close" for message in stream.rest()), "they shall come back"
                assert stream.comments[-1] == PARTED
            assert everything.last, "and know where to go on"
        page.response.close()
    finally:
        server.stop()
    assert "timeout graceful shutdown exceeded" not in server.output
