"""`manage.py create_token`."""

import datetime
import json

import pytest
from django.core.management import CommandError, call_command

from executions.commands.token import digest_of
from executions.models import SYSTEM_LEDGER, ApiToken, Event


def test_it_prints_the_token_alone(cast, capsys):
    call_command(
        "create_token", "operator", "--scope", "executions:read", "--scope", "executions:pause", "--name", "CI"
    )
    out = capsys.readouterr().out
    token = ApiToken.objects.get(digest=digest_of(out.strip()))
    assert out == out.strip() + "\n"
    assert " " not in out
    assert (token.owner, token.name, token.expires_at) == (cast.operator, "CI", None)
    assert token.scopes == ["executions:pause", "executions:read"]


def test_it_is_recorded_without_the_token_itself(cast, capsys):
    call_command("create_token", "auditor")
    line = Event.objects.filter(ledger=SYSTEM_LEDGER).order_by("-seq").first()
    assert (line.kind, line.actor_id, line.via) == ("token.created", "system", "cli")
    assert json.loads(line.data)["owner"] == "auditor"
    assert capsys.readouterr().out.strip() not in line.data


def test_it_may_end(cast, capsys):
    call_command("create_token", "operator", "--expires", "30")
    token = ApiToken.objects.get(digest=digest_of(capsys.readouterr().out.strip()))
    left = token.expires_at - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=29, hours=23) < left <= datetime.timedelta(days=30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "There is no user called 'nobody'"),
        (["outsider"], "has no role"),
        (["operator", "--scope", "holds:place"], "can do no more than its owner"),
        (["operator", "--scope", "fly"], "Unknown scope 'fly'"),
        (["operator", "--name", " "], "Say what the token is for"),
        (["operator", "--expires", "0"], "from 1 to 36500"),
    ],
)
def test_what_it_cannot_do_it_says_clearly_and_makes_nothing(cast, arguments, words):
    before = ApiToken.objects.count()
    with pytest.raises(CommandError, match=words):
        call_command("create_token", *arguments)
    assert ApiToken.objects.count() == before


def test_people_who_were_shut_out_get_no_token(cast):
    cast.operator.is_active = False
    cast.operator.save(update_fields=["is_active"])
    with pytest.raises(CommandError, match="is shut out"):
        call_command("create_token", "operator")
