"""The page of one run: what it says in each state, to each role, and what it costs."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from executions import commands
from executions.provenance import append
from executions.states import STATE_SENTENCE
from tests.domain import story
from tests.effects import effects_table  # noqa: F401
from workflows.invoices.samples import WRONG, corrected, samples

pytestmark = pytest.mark.usefixtures("effects_table")

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
INTERNAL_ID = "00000000-0000-7000-8000-000000000000"


def see(cast, person: str, run, query: str = "", **headers) -> str:
    response = cast.client(person).get(f"/executions/{run.pk}{query}", headers=headers)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def part(html: str, name: str) -> str:
    """Return one part of the page."""
    return re.search(rf'<section id="run-{name}".*?</section>', html, re.DOTALL)[0]


def said(html: str) -> str:
    """Return a page's words, without markup."""
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    return re.sub(r" (?=[:.,;])", "", words)


def asking(cast, payload: dict | None = None):
    return story.work(story.launch(cast, "asking", payload or {"a": 1}))


def test_a_queued_run_says_what_it_waits_for_and_what_can_be_done(db, cast):
    run = story.launch(cast, "noop", title="Nightly", labels={"branch": "north"})

    html = see(cast, "operator", run)

    assert "Queued" in said(part(html, "head"))
    assert "waits for a worker to take step 0" in said(part(html, "head"))
    assert "branch: north" in said(part(html, "head"))
    assert f'action="/executions/{run.pk}/pause"' in html
    assert "Only a paused or pausing run can be resumed" in said(part(html, "commands"))
    assert "the exact input of the next step, step 0" in said(part(html, "payload"))


def test_h2_a_pausing_run_names_the_step_it_finishes_and_is_not_called_paused(db, cast):
    run = story.launch(cast, "noop")
    story.claim(run)
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")

    head = said(part(see(cast, "operator", run), "head"))

    assert "Pausing: finishing step 0" in head
    assert "reviewer asked" in head
    assert "Totals differ" in head
    assert "Paused by" not in head


def test_h4_a_paused_run_says_who_when_why_and_shows_position_and_payload(db, cast):
    run = story.launch(cast, "counting", {"items": 3})
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ", ticket="INV-7")

    html = see(cast, "operator", run)

    assert "Paused by reviewer" in said(part(html, "head"))
    assert "Totals differ" in said(part(html, "head"))
    assert "Hold by reviewer: Totals differ" in said(part(html, "steps"))
    assert "Ticket INV-7" in said(part(html, "holds"))
    assert 'data-type="number">3<' in part(html, "payload")
    assert f'action="/executions/{run.pk}/resume"' in html


def test_a_run_that_is_paused_and_asks_says_both(db, cast):
    run = asking(cast)
    commands.pause(cast.actor("reviewer"), run.pk, reason="Wait for legal")

    html = see(cast, "reviewer", run)

    assert "Paused by reviewer" in said(part(html, "head"))
    assert "It also waits for an answer: Go on?" in said(part(html, "head"))
    assert "it goes on when both allow it" in said(part(html, "questions"))


def test_a_suspended_run_shows_the_question_with_its_form_and_what_it_is_bound_to(db, cast):
    run = asking(cast)
    question = run.suspensions.get()

    questions = part(see(cast, "reviewer", run), "questions")

    assert "Go on?" in questions
    assert 'name="answer-decision"' in questions
    assert f'name="context_digest" value="{question.context_digest}"' in questions
    assert 'name="comment"' in questions


def test_an_operator_sees_the_question_and_why_he_cannot_answer(db, cast):
    questions = part(see(cast, "operator", asking(cast)), "questions")

    assert "Go on?" in questions
    assert "it needs the scope suspensions:answer" in said(questions)
    assert "<form" not in questions


def test_a_failed_run_shows_the_error_and_offers_a_retry(db, cast):
    run = story.work(story.launch(cast, "failing", {"message": ATTACK}))

    html = see(cast, "operator", run)

    assert "Failed" in said(part(html, "head"))
    assert "ValueError" in part(html, "error")
    assert "Traceback" in part(html, "error")
    assert f'action="/executions/{run.pk}/retry"' in html
    assert 'data-step="failed"' in part(html, "steps")


def test_a_retry_that_waits_says_when(db, cast):
    run = story.work(story.launch(cast, "retrying", {}))

    head = said(part(see(cast, "operator", run), "head"))

    assert "Queued: retries trouble" in head
    assert "after 1 failed attempt" in head


def test_a_succeeded_run_offers_nothing_but_a_fork_and_says_why(db, cast):
    run = story.work(story.launch(cast, "noop"))

    html = see(cast, "operator", run)

    assert "Succeeded" in said(part(html, "head"))
    assert STATE_SENTENCE["succeeded"] in said(part(html, "commands"))
    assert re.findall(r'<form[^>]* id="([^"]*)"', part(html, "commands")) == ["form-fork"]
    assert part(html, "steps").count('data-step="done"') == 3


def test_a_cancelled_run_says_who_cancelled_it_and_why(db, cast):
    run = story.launch(cast, "noop")
    commands.cancel(cast.actor("operator"), run.pk, reason="Wrong batch")

    html = see(cast, "auditor", run)

    assert "Cancelled by operator" in said(part(html, "head"))
    assert "Wrong batch" in said(part(html, "head"))
    assert 'data-step="dropped"' in part(html, "steps")


def test_cancel_says_what_will_happen(db, cast):
    run = story.work(story.launch(cast, "invoice-batch", {}, files=samples().items()))

    form = said(part(see(cast, "operator", run), "commands"))

    assert "Ends this run for ever; nobody can resume it." in form
    assert "Withdraws 1 open question." in form
    assert "Reverse what the cancelled batch has posted" in form


def test_a_breakpoint_stands_before_its_step_and_waits(db, cast):
    run = story.launch(cast, "noop")
    commands.pause(cast.actor("reviewer"), run.pk, reason="Look first", before_step="step_1")

    html = see(cast, "reviewer", run)

    assert "Queued" in said(part(html, "head"))
    assert "Breakpoint by reviewer: Look first" in said(part(html, "steps"))
    assert "waits for its step" in said(part(html, "holds"))


def test_an_operator_reads_that_a_compliance_hold_is_not_his_to_lift(db, cast):
    run = story.launch(cast, "noop")
    commands.pause(cast.actor("operator"), run.pk, reason="Having a look")
    commands.place(cast.actor("reviewer"), run.pk, reason="Totals differ", blocks_cancel=True)

    html = see(cast, "operator", run)

    assert "Held by reviewer" in said(part(html, "head"))  # not what is older, and his own to lift
    assert "And 1 more hold in force" in said(part(html, "head"))
    assert ": Totals differ. A reviewer can release it" in said(part(html, "commands"))
    assert "Not yours to lift: a reviewer can lift it" in said(part(html, "holds"))
    for name in ("resume", "cancel"):
        assert f'"why-{name}"' in html
        assert f'action="/executions/{run.pk}/{name}"' not in html


def test_an_auditor_may_look_and_is_offered_nothing(db, cast):
    html = see(cast, "auditor", asking(cast))

    assert 'method="post" action="/executions' not in html
    assert said(html).count("needs the scope") >= 5


def test_an_outsider_is_refused_and_it_is_recorded(db, cast):
    run = story.launch(cast, "noop")

    response = cast.client("outsider").get(f"/executions/{run.pk}")

    assert response.status_code == 403
    assert "executions:read" in response.content.decode()
    assert story.kinds(run)[-1] == "command.denied"


def test_a_stranger_is_asked_to_sign_in(db, cast, client):
    run = story.launch(cast, "noop")

    response = client.get(f"/executions/{run.pk}")

    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


@pytest.mark.parametrize("path", ["", "/payload.json", "/events/1", "/file?name=x"])
def test_an_unknown_run_is_not_found(db, cast, path):
    assert cast.client("admin").get(f"/executions/{INTERNAL_ID}{path}").status_code == 404


def test_what_people_type_is_never_markup(db, cast):
    run = story.launch(cast, "noop", {ATTACK: [ATTACK]}, title=ATTACK, labels={ATTACK[:50]: ATTACK[:90]})
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason=ATTACK, reason_code=ATTACK[:50], ticket=ATTACK)
    commands.annotate(cast.actor("reviewer"), hold.pk, text=ATTACK)
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"x": ATTACK}, reason=ATTACK)

    html = see(cast, "admin", run, f"?before={ATTACK}&replace={ATTACK}&acts={ATTACK}")

    assert "<script>alert" not in html
    assert "<img" not in html


def test_there_is_nothing_inline_for_the_content_security_policy_to_stop(db, cast):
    html = see(cast, "admin", story.work(story.launch(cast, "invoice-batch", {}, files=samples().items())))

    assert not re.search(r"<[^>]+\s(style|on\w+|hx-on\S*)=", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)


def test_the_history_has_every_line_with_who_role_door_when_and_why(db, cast):
    run = story.launch(cast, "noop")
    commands.pause(cast.actor("reviewer", via="api"), run.pk, reason="Totals differ")

    history = said(part(see(cast, "operator", run), "history"))

    assert "reviewer (reviewer, through the API) Hold placed: pause" in history
    assert "operator (operator, in the console) Launched" in history
    assert "UTC Totals differ" in history


def test_a_refused_attempt_is_marked_in_the_history(db, cast):
    run = story.launch(cast, "noop")
    with pytest.raises(commands.base.Refused):
        commands.resume(cast.actor("operator"), run.pk)

    history = part(see(cast, "operator", run), "history")

    assert "Refused: resume" in said(history)
    assert ">refused<" in history


def test_the_history_is_paged_by_cursor_and_filtered_by_people(db, cast):
    run = story.launch(cast, "noop")
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="r")
    for number in range(60):
        commands.annotate(cast.actor("reviewer"), hold.pk, text=f"note {number}.")
    commands.resume(cast.actor("reviewer"), run.pk)
    run = story.work(run)

    first = part(see(cast, "operator", run), "history")
    older = re.search(r'rel="next" href="[^"]*before=(\d+)', first)[1]
    second = part(see(cast, "operator", run, f"?before={older}"), "history")
    seqs = [int(seq) for seq in re.findall(r'id="event-(\d+)"', first + second)]
    assert seqs == sorted(seqs, reverse=True)
    assert seqs[0] == len(story.events(run))
    assert seqs[-1] == 1
    assert "Step finished" in first

    people = part(see(cast, "operator", run, "?acts=1"), "history")
    assert "Step finished" not in people
    assert "Resumed" in people
    assert "acts=1&amp;before=" in people


def test_the_data_of_a_line_can_be_read_whole(db, cast):
    run = story.launch(cast, "noop", {"text": "x" * 5000})

    history = part(see(cast, "operator", run), "history")
    whole = cast.client("operator").get(f"/executions/{run.pk}/events/1")

    assert "Cut here" in history
    assert json.loads(whole.content)["payload"] == {"text": "x" * 5000}


def test_htmx_is_sent_only_the_parts_that_differ(db, cast):
    run = story.launch(cast, "noop")
    client = cast.client("operator")
    whole = client.get(f"/executions/{run.pk}").content.decode()
    known = " ".join("=".join(pair) for pair in re.findall(r'id="(run-\w+)" [^>]*data-print="(\w+)"', whole))
    headers = {"HX-Request": "true", "HX-Known": known}

    assert client.get(f"/executions/{run.pk}", headers=headers).content == b""

    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    sent = client.get(f"/executions/{run.pk}", headers=headers).content.decode()
    parts = re.findall(r'<section id="run-(\w+)"', sent)
    assert {"head", "commands", "steps", "holds", "history"} <= set(parts)
    assert "error" not in parts
    assert "questions" not in parts
    assert sent.count('hx-swap-oob="true"') == len(parts)
    assert "<html" not in sent


@pytest.mark.parametrize("large", [False, True])
def test_the_page_costs_the_same_number_of_queries_however_much_there_is(db, cast, large):
    wrong = next(iter(WRONG))
    files = samples() if large else {wrong: samples()[wrong]}
    run = story.work(story.launch(cast, "invoice-batch", {}, files=files.items()))
    for number in range(6 if large else 1):
        hold = commands.pause(cast.actor("reviewer"), run.pk, reason="r")
        for _ in range(number):
            commands.annotate(cast.actor("reviewer"), hold.pk, text="n")
    if large:
        for name in list(files)[:4]:
            commands.replace_file(cast.actor("reviewer"), run.pk, name, corrected(name), reason="r")
    client = cast.client("reviewer")
    client.get(f"/executions/{run.pk}")

    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/executions/{run.pk}").status_code == 200

    assert len(queries) == QUERIES, "\n".join(query["sql"][:120] for query in queries)


QUERIES = 24
"""Session, person, his own and his groups' permissions, his roles; run, holds in force, files, questions, votes,
messages, conditions of questions, freezes, what is below it, holds, notes, conditions of holds,
timeline, children and forks, steps, history; templates for reasons, rules for labels, people who may have a hold."""


def looking(client, run) -> dict[str, str]:
    """Return what a page that was just loaded sends when it looks again."""
    whole = client.get(f"/executions/{run.pk}").content.decode()
    known = " ".join("=".join(pair) for pair in re.findall(r'id="(run-\w+)" [^>]*data-print="(\w+)"', whole))
    return {"HX-Request": "true", "HX-Known": known}


def test_looking_again_costs_less_than_the_page_and_reads_no_payload(db, cast):
    run = story.launch(cast, "noop", {"secret": "x" * 100})
    client = cast.client("operator")
    headers = looking(client, run)

    with CaptureQueriesContext(connection) as nothing_new:
        assert client.get(f"/executions/{run.pk}", headers=headers).content == b""
    assert len(nothing_new) == GLANCE, "\n".join(query["sql"][:120] for query in nothing_new)
    assert not any('"payload",' in query["sql"] for query in nothing_new)

    story.claim(run)
    headers = looking(client, run)
    append(run.pk, "step.logged", story.WORKER, data={"step": "step_0", "text": "Still reading"})
    with CaptureQueriesContext(connection) as one_line_more:
        sent = client.get(f"/executions/{run.pk}", headers=headers).content.decode()
    assert re.findall(r'<section id="run-(\w+)"', sent) == ["history"]
    assert len(one_line_more) == GLANCE + 1


GLANCE = 8
"""Session, person, his own and his groups' permissions, his roles; run, freezes, what is below it."""
