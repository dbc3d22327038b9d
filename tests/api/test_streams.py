"""The event stream over real HTTP: who may follow, what is told, where it goes on, how it ends."""

import json
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connections
from django.utils import timezone

from executions import commands
from executions.actors import SYSTEM
from executions.models import ApiToken, Event, Execution
from executions.provenance import append
from executions.queries import tail
from tests.api.conftest import events_of
from tests.support.streams import Message, following, request
from tests.support.web import Web

pytestmark = pytest.mark.usefixtures("live_db")

ALL = "/v1/events/stream"


@pytest.fixture(scope="module")
def quick(django_db_setup):
    """A web server that looks at tokens and sessions several times a second, and lets nobody have many streams."""
    server = Web(HOLDPOINT_STREAM_SECONDS="0.4", HOLDPOINT_MAX_STREAMS="4").start()
    yield server
    server.stop()


@pytest.fixture
def token(cast):
    def make(name: str = "operator", **options) -> str:
        return commands.create_token(SYSTEM, getattr(cast, name), name="follows", **options)[1]

    return make


@pytest.fixture
def launch(cast):
    """Launch a run and end it, so that no worker of a later test finds it."""

    def make(**options) -> Execution:
        admin = cast.actor("admin")
        run = commands.launch(admin, "noop", {}, **options)
        commands.cancel(admin, run.pk, reason="it was only launched to be seen")
        return run

    return make


def note(run: Execution, kind: str = "hold.noted", reason: str = "") -> tuple[str, int]:
    """Write a line into a run's history; return its key."""
    return str(run.pk), append(run.pk, kind, SYSTEM, reason=reason, data={})


def stored(run: Execution) -> list[tuple[str, int]]:
    lines = Event.objects.filter(ledger=run.pk).order_by("seq")
    return [(str(run.pk), seq) for seq in lines.values_list("seq", flat=True)]


def stream_of(run: Execution, query: str = "") -> str:
    return f"/v1/async-executions/{run.pk}/events/stream{query}"


def of_run(*runs: Execution):
    return lambda message: message.data.get("run") in {str(run.pk) for run in runs}


def keys(messages: list[Message]) -> list[tuple[str | None, int]]:
    return [message.key for message in messages]


def test_a_run_is_told_from_its_beginning_and_then_live(web, token, launch):
    run = launch()
    with following(web, stream_of(run), token()) as stream:
        seen = [stream.next() for _ in stored(run)]
        note(launch(), "step.logged")
        note(run, "step.logged")
        seen.append(stream.next())

    assert keys(seen) == stored(run)
    assert [(message.id, message.name) for message in seen] == [(str(seq), "message") for _, seq in stored(run)]
    answer = request(web, stream_of(run).removesuffix("/stream"), Authorization=f"Bearer {token()}")
    documents = json.loads(answer.read())["items"]
    assert [*seen[0].data][:2] == ["run", "workflow"]
    assert [message.data for message in seen] == [
        {**each, "run": str(run.pk), "workflow": "noop"} for each in documents
    ]


def test_who_comes_back_to_a_run_gets_what_follows_and_nothing_twice(web, token, launch):
    run = launch()
    for last, query in (("1", ""), (None, "?after=1"), ("1", "?after=2")):
        with following(web, stream_of(run, query), token(), last) as stream:
            assert stream.next().key == stored(run)[1]
    with following(web, stream_of(run, "?follow=false"), token()) as stream:
        assert keys(stream.rest()) == stored(run)


def test_all_runs_are_told_from_now_on(web, token, launch):
    before = launch()
    with following(web, ALL, token()) as stream:
        after = launch()
        first = stream.until(of_run(before, after))
        stream.until(lambda message: message.key == stored(after)[-1])
        last = stream.last
    assert first.key == stored(after)[0]
    with following(web, f"{ALL}?follow=false", token(), last) as stream:
        assert not set(keys(stream.rest())) & set(stored(after))


def test_who_was_cut_before_the_first_event_still_misses_nothing(web, token, launch):
    with following(web, ALL, token()) as stream:
        while not stream.last:
            stream.response.readline()
            stream.beat()
    run = launch()
    with following(web, f"{ALL}?follow=false", token(), stream.last) as stream:
        assert set(stored(run)) <= set(keys(stream.rest()))


def test_from_the_beginning_means_everything(web, token, launch):
    run = launch()
    with following(web, f"{ALL}?after=beginning&run={run.pk}&follow=false", token()) as stream:
        assert keys(stream.rest()) == stored(run)


def test_filters_choose_and_the_sign_of_life_moves_on_past_the_rest(quick, token, launch, cast):
    run, other = launch(labels={"team": "north", "tier": "1"}), launch(labels={"team": "south"})
    start = str(tail.now())
    routine, said = note(run, "step.finished"), note(run)
    elsewhere = note(other)

    def told(query: str) -> list[tuple[str | None, int]]:
        with following(quick, f"{ALL}?follow=false&{query}", token("auditor"), start) as stream:
            return [key for key in keys(stream.rest()) if key in (routine, said, elsewhere)]

    assert told("") == [said, elsewhere]
    assert told("routine=true") == [routine, said, elsewhere]
    assert told("kind=step.finished") == told("kind=step") == [routine]
    assert told("kind=hold&kind=execution") == told("kind=hold,execution") == [said, elsewhere]
    assert told(f"run={run.pk}") == told("label=team:north") == told("label=team&label=tier") == [said]
    assert told(f"run={other.pk}&run={run.pk}&via=engine&person=system") == [said, elsewhere]
    assert told("workflow=noop") == [said, elsewhere]
    assert told("workflow=nobody") == told("via=console") == told("person=nobody") == told("label=team:east") == []

    with following(quick, f"{ALL}?kind=freeze.placed", token(), start) as stream:
        place = stream.beat()
        note(other)
        while stream.beat() == place:
            pass
    with following(quick, f"{ALL}?follow=false", token(), stream.last) as stream:
        assert elsewhere not in keys(stream.rest())


def test_the_system_ledger_is_for_those_who_may_read_the_record(web, token, cast):
    start = str(tail.now())
    token()

    def kinds(name: str) -> set[str]:
        with following(web, f"{ALL}?follow=false", token(name), start) as stream:
            return {message.data["kind"] for message in stream.rest() if message.data["run"] is None}

    assert "token.created" in kinds("auditor")
    assert kinds("operator") == set()
    asked = request(web, f"{ALL}?run=system", Authorization=f"Bearer {token()}")
    assert asked.status == 403


@pytest.mark.parametrize("path", [ALL, "/v1/async-executions/{id}/events/stream"])
def test_who_may_not_read_is_told_so_in_a_document_and_never_redirected(web, token, launch, path):
    run = launch()
    address = path.replace("{id}", str(run.pk))
    cookie = f"{settings.SESSION_COOKIE_NAME}=forged"
    for headers, status in (
        ({}, 401),
        ({"Cookie": cookie}, 401),
        ({"Authorization": "Bearer hp_nobody"}, 401),
        ({"Authorization": f"Bearer {token('outsider')}"}, 403),
        ({"Authorization": f"Bearer {token('admin', scopes=['audit:read'])}"}, 403),
    ):
        answer = request(web, address, **headers)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    if "{id}" in path:
        assert [json.loads(line.data)["command"] for line in events_of(run, "command.denied")] == ["follow run"] * 2


@pytest.mark.parametrize(
    ("query", "last", "status", "says"),
    [
        ("", "nonsense", 422, "start anew"),
        ("?after=nonsense", None, 422, "start anew"),
        ("", str(2**50), 410, "another installation"),
        ("?kind=hold.nonsense", None, 422, "no kind of event"),
        ("?run=nonsense", None, 422, "whole id"),
        ("?via=window", None, 422, "Unknown door"),
        ("?kinds=hold", None, 422, "Unknown parameter"),
        ("?workflow=" + ",".join("x" * 101), None, 422, "100 at most"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_what_to_do(web, token, query, last, status, says):
    headers = {"Authorization": f"Bearer {token()}"} | ({"Last_Event_ID": last} if last else {})
    answer = request(web, ALL + query, **headers)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert says in answer.read().decode()


def test_a_place_that_a_run_never_had_is_refused(web, token, launch):
    run = launch()
    headers = {"Authorization": f"Bearer {token()}"}
    assert request(web, stream_of(run), **headers, Last_Event_ID="99").status == 410
    assert request(web, stream_of(run), **headers, Last_Event_ID="48211~48230~5").status == 422
    assert request(web, stream_of(run).replace(str(run.pk)[:8], "01234567"), **headers).status == 404


def test_one_person_has_so_many_streams_and_no_more(quick, token, cast):
    mine = token("admin")
    with ExitStack() as opened:
        one, *_, last = [opened.enter_context(following(quick, ALL, mine)) for _ in range(4)]
        last.beat()
        refused = request(quick, ALL, Authorization=f"Bearer {token('admin')}")
        assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
        assert "Close some" in json.loads(refused.read())["detail"]
        with following(quick, ALL, token("reviewer")) as other:
            other.beat()
        one.beat()


def revoke(text: str, cast) -> None:
    newest = ApiToken.objects.order_by("-pk").first()
    commands.revoke_token(cast.actor("admin"), newest)


def expire(text: str, cast) -> None:
    newest = ApiToken.objects.order_by("-pk").first()
    ApiToken.objects.filter(pk=newest.pk).update(expires_at=timezone.now() + timedelta(seconds=0.6))


def shut_out(text: str, cast) -> None:
    User.objects.filter(pk=cast.reviewer2.pk).update(is_active=False)


def take_roles(text: str, cast) -> None:
    cast.reviewer2.groups.clear()


@pytest.mark.parametrize(
    ("act", "reason"),
    [(revoke, "token_revoked"), (expire, "token_expired"), (shut_out, "account_shut"), (take_roles, "not_allowed")],
)
def test_it_is_closed_with_its_reason_when_its_token_may_read_no_more(quick, token, launch, cast, act, reason):
    text = token("reviewer2")
    try:
        with following(quick, ALL, text) as stream:
            stream.beat()
            act(text, cast)
            *_, close = stream.rest()
            launch()
    finally:
        User.objects.filter(pk=cast.reviewer2.pk).update(is_active=True)
        cast.reviewer2.groups.add(Group.objects.get(name="reviewer"))
    assert (close.name, close.data["reason"]) == ("close", reason)
    assert close.data["detail"].endswith(".")


def test_nothing_that_follows_a_revocation_is_told(web, token, launch, cast):
    """Long before the next look at all tokens: the line in the record that tells of it is one of the stream's."""
    run = launch()
    with following(web, ALL, token("reviewer2")) as stream:
        note(run)
        stream.until(of_run(run))
        revoke("", cast)
        after = note(run)
        told = stream.rest()
    assert after not in keys(told[:-1])
    assert told[-1].data["reason"] == "token_revoked"


def test_a_session_will_do_and_closes_with_it(quick, cast, launch):
    client = cast.client("reviewer2")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    with following(quick, ALL, Cookie=cookie) as stream:
        run = launch()
        stream.until(of_run(run))
        client.logout()
        *_, close = stream.rest()
    assert (close.name, close.data["reason"]) == ("close", "session_ended")


def test_it_goes_on_without_redis_and_when_that_is_back(web, token, launch, valkey):
    with following(web, ALL, token()) as stream:
        run = launch()
        stream.until(lambda message: message.key == stored(run)[-1])
        valkey.stop()
        away = note(run)
        assert stream.until(of_run(run)).key == away
        valkey.start()
        back = note(run)
        assert stream.until(of_run(run)).key == back


def test_it_goes_on_when_every_connection_to_the_database_was_cut(web, token, launch, postgres):
    with following(web, ALL, token()) as stream:
        run = launch()
        stream.until(lambda message: message.key == stored(run)[-1])
        postgres.cut_connections()
        connections.close_all()
        after = note(run)
        assert stream.until(of_run(run)).key == after
