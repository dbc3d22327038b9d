"""A resume token is a permission: nobody makes one, uses it twice, turns it on another hold or finds it lying about."""

import json
import logging
import uuid

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test import override_settings

from console.logs import logging_settings
from console.models import IdempotentRequest
from executions import commands
from executions.commands.condition import resume_token
from executions.models import Trigger
from executions.resumetoken import read_token, token_of
from tests.api.conftest import Program, events_of, launch, path, problem, program  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

KEY = uuid.UUID("0198c0de-0000-7000-8000-000000000000")


@pytest.fixture
def held(cast):
    """Return a run with a hold that a webhook releases, and its token."""
    run = commands.launch(cast.actor("operator"), "noop")
    hold = commands.pause(cast.actor("operator"), run.pk, reason="why", resume_when={"webhook": True})
    return run, resume_token(hold)


def test_a_token_is_its_condition_and_a_mac_under_a_key_of_its_own():
    token = token_of(KEY)
    assert read_token(token) == KEY
    identity, _, mac = token.partition(".")
    assert identity == KEY.hex
    assert len(mac) == 43, "256 bits"
    assert Signer(sep=".").sign(KEY.hex) != token, "signed for this purpose only"
    assert Signer(sep=".", salt="another").sign(KEY.hex) != token


@pytest.mark.parametrize(
    "forged",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.swapcase(),
        lambda token: token.partition(".")[0],
        lambda token: token.partition(".")[0] + ".",
        lambda token: KEY.hex + "." + token.partition(".")[2],
        lambda token: str(uuid.UUID(token.partition(".")[0])) + "." + token.partition(".")[2],
        lambda token: token + " ",
        lambda token: token + "\x00",
        lambda token: Signer(sep=".", key="x" * 50).sign(token.partition(".")[0]),
        lambda token: Signer(sep=".").sign(token.partition(".")[0]),
        lambda token: "." * 5000,
    ],
)
def test_a_forged_token_is_not_found_and_leaves_no_trace(held, forged):
    run, token = held
    answer = Program().post("/v1/triggers/" + forged(token).replace("\x00", "%00").replace(" ", "%20"))
    assert answer.status_code in (404, 422), answer.content
    run.refresh_from_db()
    assert run.state == "paused"
    assert not events_of(run, "command.denied")
    assert not events_of(run, "trigger.late")


def test_the_id_of_another_kind_of_condition_is_no_token_even_if_it_were_signed(cast):
    run = commands.launch(cast.actor("operator"), "noop")
    commands.pause(cast.actor("operator"), run.pk, reason="why", resume_when={"after_seconds": 60})
    timer = Trigger.objects.get(execution=run)
    problem(Program().post(f"/v1/triggers/{token_of(timer.pk)}"), 404)


def test_a_used_token_never_touches_a_later_hold(cast, held):
    run, token = held
    assert Program().post(f"/v1/triggers/{token}").status_code == 200
    commands.pause(cast.actor("operator"), run.pk, reason="again", resume_when={"webhook": True})
    problem(Program().post(f"/v1/triggers/{token}"), 409)
    run.refresh_from_db()
    assert (run.state, run.open_holds) == ("paused", 1)
    assert len(events_of(run, "trigger.late")) == 1


def test_a_token_lifts_no_hold_but_its_own(cast, held):
    run, token = held
    commands.place(cast.actor("reviewer"), run.pk, reason="look")
    assert Program().post(f"/v1/triggers/{token}").json()["state"] == "paused"


def test_a_change_of_the_key_ends_tokens_unless_the_old_one_is_kept(held, settings):
    _, token = held
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 50):
        problem(Program().post(f"/v1/triggers/{token}"), 404)
    with override_settings(SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS=[old]):
        assert Program().post(f"/v1/triggers/{token}").status_code == 200


def test_the_token_is_told_once_and_stored_nowhere(program, launch, path):  # noqa: F811
    run, admin = launch(), program("admin")
    body = {"reason": "why", "resume_when": [{"webhook": True}, {"event": "x"}]}
    first = admin.post(path(run, "pause"), body, headers={"Idempotency-Key": "one"})
    token = first.json()["resume_token"]
    again = admin.post(path(run, "pause"), body, headers={"Idempotency-Key": "one"})
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    mac = token.partition(".")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(each::text, '') FROM \"{table}\" AS each")
            (everything,) = cursor.fetchone()
            assert mac not in (everything or ""), table
            assert mac.encode().hex() not in (everything or ""), table
    assert IdempotentRequest.objects.count() == 1
    for address in (path(run), path(run, "checkpoint"), path(run, "events"), f"/v1/holds?execution={run.pk}"):
        assert mac not in admin.get(address).content.decode(), address


def test_a_payload_cannot_pretend_to_hold_a_seal(program, launch, path, held):  # noqa: F811
    """What an answer quotes of a payload is given back as it is, never turned into somebody's token."""
    _, token = held
    seal = {"resume_token": {"of": token.partition(".")[0]}}
    reviewer = program("admin")
    body = {"workflow": "noop", "payload": seal}
    for _ in range(2):
        answer = reviewer.post("/v1/async-executions", body, headers={"Idempotency-Key": "two"})
        assert answer.json()["payload"] == seal
        assert token.partition(".")[2] not in answer.content.decode()


@pytest.mark.parametrize("as_json", [False, True])
def test_logs_show_no_token(as_json, capsys):
    token = token_of(KEY)
    formatter = logging_settings(json=as_json)["formatters"]["structured"]
    handler = logging.StreamHandler()
    handler.setFormatter(formatter["()"](**{name: value for name, value in formatter.items() if name != "()"}))
    logger = logging.Logger("django.request")
    logger.addHandler(handler)
    logger.error("Internal Server Error: %s", f"/v1/triggers/{token}")
    try:
        raise ValueError(f"POST /v1/triggers/{token} broke")
    except ValueError:
        logger.exception("It broke") if as_json else logger.error("It broke")
    told = capsys.readouterr().err
    assert "/v1/triggers/…" in told or json.dumps("…").strip('"') in told
    assert token.partition(".")[2] not in told


def test_what_a_request_is_logged_with_shows_no_token():
    from console.logs import hide_secrets

    token = token_of(KEY)
    line = {"event": "request_started", "request": f"POST /v1/triggers/{token}?x=1", "user_id": None}
    told = hide_secrets(None, "info", line)
    assert told == {"event": "request_started", "request": "POST /v1/triggers/…?x=1", "user_id": None}
