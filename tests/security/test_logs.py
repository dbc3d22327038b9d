"""Logs tell what went wrong without what it went wrong with."""

import io
import json
import logging
import sys

import pytest
import structlog
from django.test import Client

from console.logs import logging_settings, plain_traceback


@pytest.mark.parametrize("json", [False, True])
def test_a_traceback_in_the_log_shows_no_variables(json, capsys):
    formatter = logging_settings(json=json)["formatters"]["structured"]
    handler = logging.StreamHandler()
    handler.setFormatter(formatter["()"](**{name: value for name, value in formatter.items() if name != "()"}))
    logger = logging.Logger("holdpoint.test")
    logger.addHandler(handler)

    def fail(password: str) -> None:
        raise ValueError("no luck")

    try:
        fail("".join(["hun", "ter2"]))
    except ValueError:
        logger.exception("It failed")
    told = capsys.readouterr().err
    assert "no luck" in told
    assert "hunter2" not in told


@pytest.fixture
def told(settings):
    """Return what was logged, as the process writes it with HOLDPOINT_LOG=json."""
    formatter = logging_settings(json=True)["formatters"]["structured"]
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter["()"](**{name: value for name, value in formatter.items() if name != "()"}))
    logger, before = logging.getLogger(), logging.getLogger("django_structlog").level
    logger.addHandler(handler)
    logging.getLogger("django_structlog").setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logger.removeHandler(handler)
    logging.getLogger("django_structlog").setLevel(before)


@pytest.mark.django_db
def test_each_request_is_one_line_that_names_who_asked(cast, told):
    answer = cast.client("operator").get("/executions?q=what-i-look-for")
    stranger = Client().get("/executions")
    (line, other) = [each for each in told() if each["event"] == "request_finished"]
    assert line["actor"] == f"user:{cast.operator.pk}"
    assert line["request"] == "GET /executions"
    assert line["route"] == "executions"
    assert line["ms"] > 0
    assert line["request_id"] == answer["X-Request-ID"]
    assert other["actor"] == "anonymous"
    assert other["request_id"] == stranger["X-Request-ID"] != answer["X-Request-ID"]


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["x" * 129, "short", "with spaces in it", 'quo"tes-and-more', "new\tline-of-log"])
def test_what_is_no_request_id_is_not_believed(given):
    assert Client().get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


SECRETS = [
    "Authorization: Bearer hp_0123456789abcdef",
    "token hp_0123456789abcdef was used",
    "signed with whsec_0123456789abcdef+/=",
    "GET /decide/0123456789abcdef:1x:yz from here",
    "connecting to postgresql://holdpoint:0123456789abcdef@db/holdpoint failed",
    "redis://:0123456789abcdef@host:6379",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_line_holds_what_opens_a_door(text, told):
    structlog.get_logger("a").warning(text, where=[{"address": text}], cookie="0123456789abcdef")
    logging.getLogger("b").warning("%s", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("c").exception("It failed")
    assert len(told()) == 3
    assert "0123456789" not in json.dumps(told())


def test_people_read_tracebacks_without_secrets_too():
    out = io.StringIO()
    try:
        raise ValueError(SECRETS[0])
    except ValueError:
        plain_traceback(out, sys.exc_info())
    assert "ValueError" in out.getvalue()
    assert "0123456789" not in out.getvalue()
