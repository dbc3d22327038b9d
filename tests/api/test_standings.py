"""Whether readers of streams may go on is looked up for all of them together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.follow.standing import Credential, standings_of
from executions import commands
from executions.models import ApiToken

pytestmark = pytest.mark.django_db


def made(cast, person: str, *scopes: str) -> Credential:
    token, _ = commands.create_token(cast.actor(person), getattr(cast, person), name="reads", scopes=list(scopes))
    return Credential(token=token.pk)


def queries(credentials: list[Credential]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        standings_of(credentials)
    return len(asked)


def test_each_is_judged_as_by_itself_and_a_further_token_costs_nothing(cast):
    reads, audits = made(cast, "operator", "executions:read"), made(cast, "auditor", "executions:read", "audit:read")
    launches, revoked = made(cast, "operator", "executions:launch"), made(cast, "operator", "executions:read")
    commands.revoke_token(cast.actor("operator"), ApiToken.objects.get(pk=revoked.token))
    session = Credential(session=cast.client("auditor").session.session_key)
    out = cast.client("operator")
    ended = Credential(session=out.session.session_key)
    out.logout()
    unknown = Credential(token=2**40)

    found = standings_of([reads, audits, launches, revoked, session, ended, unknown])

    words = {key: each.ended and each.ended[0] for key, each in found.items()}
    assert words == {
        reads: None,
        audits: None,
        launches: "not_allowed",
        revoked: "token_revoked",
        session: None,
        ended: "session_ended",
        unknown: "token_revoked",
    }
    assert [found[key].system for key in (reads, audits, session)] == [False, True, True]
    more = [made(cast, "operator", "executions:read") for _ in range(4)]
    assert queries([reads, *more]) == queries([reads])
