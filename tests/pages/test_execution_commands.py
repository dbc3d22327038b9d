"""Commands from the page of a run: without a script, with htmx, refused, stale; the page shows what the server says."""

import re

import pytest

from executions import commands
from tests.domain import story
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_page import INTERNAL_ID, part, said
from workflows.invoices.samples import WRONG, samples

pytestmark = pytest.mark.usefixtures("effects_table")

HTMX = {"HX-Request": "true"}
WRONG_FILE = next(iter(WRONG))


def post(cast, person: str, run, command: str, data: dict | None = None, **headers):
    return cast.client(person).post(f"/executions/{run.pk}/{command}", data or {}, headers=headers)


def paused(cast, workflow: str = "noop", payload: dict | None = None, **more):
    run = story.launch(cast, workflow, payload, **more)
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    return story.fresh(run)


def suspended_batch(cast):
    return story.work(story.launch(cast, "invoice-batch", {}, files=samples().items()))


def answer_url(run) -> str:
    question = run.suspensions.get(closed_at__isnull=True)
    return f"questions/{question.pk}"


def test_a_pause_without_a_script_leads_back_to_the_page_with_a_message(db, cast):
    run = story.launch(cast, "noop")
    client = cast.client("reviewer")

    response = client.post(
        f"/executions/{run.pk}/pause", {"reason": "Totals differ", "reason_code": "totals-differ", "ticket": "INV-7"}
    )

    assert response.status_code == 303
    assert response["Location"] == f"/executions/{run.pk}"
    html = client.get(response["Location"]).content.decode()
    assert "Paused." in html
    hold = run.holds.get()
    assert (hold.reason, hold.reason_code, hold.ticket, hold.placed_via) == (
        "Totals differ",
        "totals-differ",
        "INV-7",
        "console",
    )


def test_a_pause_with_htmx_is_answered_by_the_parts_as_they_now_are(db, cast):
    run = story.launch(cast, "noop")
    story.claim(run)

    response = post(cast, "reviewer", run, "pause", {"reason": "Totals differ"}, **HTMX)

    html = response.content.decode()
    assert response.status_code == 200
    assert "Pausing: finishing step 0" in said(part(html, "head"))
    assert 'id="messages"' in html
    assert "The worker finishes what it is on" in html
    assert "<html" not in html


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 10_000], ids=["empty", "blank", "long"])
@pytest.mark.parametrize("command", ["pause", "cancel", "place"])
def test_h8_a_bad_reason_is_refused_beside_the_field_and_what_was_typed_is_kept(db, cast, command, reason, headers):
    run = story.launch(cast, "noop")
    before = story.snapshot(run)

    response = post(
        cast, "admin", run, command, {"reason": reason, "ticket": "INV-7", "before_step": "step_1"}, **headers
    )

    assert response.status_code == 422
    opened = rf'<details class="(?:sub)?command" id="command-{command}"[^>]* open>.*?</form>'
    form = re.search(opened, response.content.decode(), re.DOTALL)[0]
    assert f'id="id_{command}_reason_error"' in form
    assert ("Say why" if not reason.strip() else "Too long: 10,000 characters") in form
    assert reason.strip() in form
    if command == "pause":
        assert 'value="INV-7"' in form
        assert '<option value="step_1" selected>' in form
    assert form.count('<p class="error">') == 1
    assert story.snapshot(run) == before
    assert story.kinds(run)[-1] == "command.denied"


def test_a_breakpoint_can_be_set_from_the_pause_form(db, cast):
    run = story.launch(cast, "noop")

    post(cast, "reviewer", run, "pause", {"reason": "Look first", "before_step": "step_2"})

    assert run.holds.get().before_step == "step_2"
    assert story.work(run).state == "paused"


def test_a_resume_carries_its_note(db, cast):
    run = paused(cast)

    assert post(cast, "operator", run, "resume", {"note": "All fine"}).status_code == 303

    assert story.fresh(run).state == "queued"
    assert run.holds.get().release_reason == "All fine"


def test_an_operator_cannot_resume_past_a_compliance_hold_and_what_he_wrote_is_shown(db, cast):
    run = story.launch(cast, "noop")
    commands.place(cast.actor("reviewer"), run.pk, reason="Under review")

    response = post(cast, "operator", run, "resume", {"note": "Customer is waiting"}, **HTMX)

    html = part(response.content.decode(), "commands")
    assert response.status_code == 409
    assert re.search(r"Held by reviewer \(compliance\) since .*: Under review\. A reviewer can release it", said(html))
    assert "Customer is waiting" in html
    assert story.fresh(run).state == "paused"


def test_h6_without_the_scope_a_command_is_refused_shown_and_recorded(db, cast):
    run = story.launch(cast, "noop")

    response = post(cast, "auditor", run, "pause", {"reason": "I want to"}, **HTMX)

    assert response.status_code == 403
    assert "it needs the scope executions:pause" in said(response.content.decode())
    assert "I want to" in response.content.decode()
    assert story.kinds(run)[-1] == "command.denied"


def test_an_outsider_sees_nothing_of_the_run_he_may_not_command(db, cast):
    run = story.launch(cast, "noop", {"secret": "sauce"}, title="Hidden title")

    for headers in ({}, HTMX):
        response = post(cast, "outsider", run, "pause", {"reason": "r"}, **headers)
        assert response.status_code == 403
        assert b"Hidden title" not in response.content
        assert b"sauce" not in response.content


def test_p8_the_second_of_two_resumes_is_told_the_new_truth(db, cast):
    run = paused(cast)
    post(cast, "operator", run, "resume", {})

    response = post(cast, "reviewer", run, "resume", {"note": "Second"}, **HTMX)

    assert response.status_code == 409
    html = response.content.decode()
    assert "Queued" in said(part(html, "head"))
    assert "Only a paused or pausing run can be resumed" in said(part(html, "commands"))


def test_a_cancel_is_final(db, cast):
    run = paused(cast)

    assert post(cast, "operator", run, "cancel", {"reason": "Wrong batch"}).status_code == 303
    assert post(cast, "operator", run, "cancel", {"reason": "Again"}).status_code == 409
    assert story.fresh(run).state == "cancelled"


def test_a_failed_run_is_retried_with_a_reason(db, cast):
    run = story.work(story.launch(cast, "failing", {}))

    assert post(cast, "operator", run, "retry", {"reason": " "}).status_code == 422
    assert post(cast, "operator", run, "retry", {"reason": "Fixed"}).status_code == 303
    assert story.fresh(run).state == "queued"


def test_a_compliance_hold_is_placed_with_review_date(db, cast):
    run = story.launch(cast, "noop")

    form = {"reason": "Check", "review_by": "2031-02-03T10:30", "blocks_cancel": "on"}
    assert post(cast, "reviewer", run, "place", form).status_code == 303

    hold = run.holds.get()
    assert hold.review_by.isoformat() == "2031-02-03T10:30:00+00:00"
    assert hold.blocks_cancel


def test_a_review_date_that_is_none_is_refused_beside_its_field(db, cast):
    run = story.launch(cast, "noop")

    response = post(cast, "reviewer", run, "place", {"reason": "Check", "review_by": "soon"})

    assert response.status_code == 422
    assert 'id="id_place_review_by_error"' in response.content.decode()
    assert story.kinds(run)[-1] == "command.denied"


def test_the_payload_is_amended(db, cast):
    run = paused(cast, payload={"a": 1})

    form = {"changes": '{"a": 2, "b": null}', "reason": "Typo", "version": run.version}
    assert post(cast, "reviewer", run, "amend", form).status_code == 303

    assert story.fresh(run).payload == {"a": 2, "b": None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ('{"a": }', "Not JSON, line 1, column 7"),
        ("[1]", "Must be a JSON object, not an array"),
        ("", "Name at least one field to change"),
        ("[" * 100_000, "Not JSON"),
        ('{"a": NaN}', "Not JSON"),
    ],
)
def test_changes_that_are_no_object_are_refused_beside_the_field(db, cast, changes, words):
    run = paused(cast)

    response = post(cast, "reviewer", run, "amend", {"changes": changes, "reason": "r", "version": run.version})

    assert response.status_code == 422
    form = part(response.content.decode(), "amend")
    assert words in said(form)
    assert changes[:1000].replace('"', "&quot;") in form
    assert story.kinds(run)[-1] == "command.denied"


def test_a_stale_amendment_shows_the_new_payload_and_keeps_what_was_typed(db, cast):
    run = paused(cast, payload={"a": 1})
    commands.amend_payload(cast.actor("reviewer2"), run.pk, changes={"a": 99}, reason="First")

    form = {"changes": '{"a": 2}', "reason": "Second", "version": run.version}
    response = post(cast, "reviewer", run, "amend", form, **HTMX)

    html = part(response.content.decode(), "payload") + part(response.content.decode(), "amend")
    assert response.status_code == 412
    assert 'data-type="number">99<' in html
    assert "{&quot;a&quot;: 2}" in html
    assert "Second" in html
    now = story.fresh(run).version
    assert f'name="version" value="{now}"' in html
    assert post(cast, "reviewer", run, "amend", form | {"version": now}).status_code == 303


def test_amending_is_not_offered_while_a_step_runs_and_the_page_says_why(db, cast):
    run = story.launch(cast, "noop")
    story.claim(run)

    html = part(cast.client("reviewer").get(f"/executions/{run.pk}").content.decode(), "amend")

    assert "Pause the run first" in said(html)
    assert post(cast, "reviewer", run, "amend", {"changes": "{}", "reason": "r", "version": "0"}).status_code == 409


def test_notes_are_added_to_a_hold(db, cast):
    run = paused(cast)
    hold = run.holds.get()

    assert post(cast, "operator", run, f"holds/{hold.pk}/annotate", {"text": "Supplier called"}).status_code == 303
    response = post(cast, "operator", run, f"holds/{hold.pk}/annotate", {"text": " "}, **HTMX)

    assert [note.text for note in hold.notes.all()] == ["Supplier called"]
    assert response.status_code == 422
    assert f'id="id_annotate-{hold.pk}_text_error"' in response.content.decode()


def test_one_hold_of_two_is_released_with_a_reason(db, cast):
    run = paused(cast)
    commands.pause(cast.actor("reviewer2"), run.pk, reason="Another")
    first = run.holds.order_by("placed_at").first()

    assert post(cast, "operator", run, f"holds/{first.pk}/release", {"reason": ""}).status_code == 422
    assert post(cast, "operator", run, f"holds/{first.pk}/release", {"reason": "Settled"}).status_code == 303
    assert story.fresh(run).state == "paused"
    late = post(cast, "operator", run, f"holds/{first.pk}/release", {"reason": "Mine too"}, **HTMX)
    assert late.status_code == 409
    assert "operator released this hold already" in said(late.content.decode())


def test_a_hold_of_another_run_is_not_found_here(db, cast):
    run, other = paused(cast), paused(cast)

    url = f"holds/{other.holds.get().pk}/release"
    assert post(cast, "reviewer", run, url, {"reason": "r"}).status_code == 404
    assert story.fresh(other).state == "paused"


@pytest.mark.parametrize("command", ["pause", "resume", "cancel", "retry", "extend", "place", "amend", "replace-file"])
def test_commands_are_refused_by_get_without_token_and_for_unknown_runs(db, cast, command):
    run = story.launch(cast, "noop")
    client = cast.client("admin")

    assert client.get(f"/executions/{run.pk}/{command}").status_code == 405
    assert client.post(f"/executions/{INTERNAL_ID}/{command}", {"reason": "r", "changes": "{}"}).status_code in (
        404,
        422,
    )
    strict = cast.client("admin", enforce_csrf_checks=True)
    assert strict.post(f"/executions/{run.pk}/{command}", {"reason": "r"}).status_code == 403
    assert story.kinds(run) == ["execution.launched"]
