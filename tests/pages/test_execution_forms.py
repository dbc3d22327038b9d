"""Forms of the page of a run beyond the everyday ones: labels, events, webhooks, templates, what is foreseen, files."""

import base64
import re
import time

import pytest
from django.test import Client

from executions import commands
from executions.models import LabelRule, ReasonTemplate
from executions.webhooks.signing import headers_of
from tests.domain import story
from tests.domain.test_children import children_of, family
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_commands import HTMX, WRONG_FILE, paused, post, suspended_batch
from tests.pages.test_execution_page import ATTACK, part, said, see
from workflows.invoices.samples import corrected

pytestmark = pytest.mark.usefixtures("db", "effects_table")


def bar(cast, person, run) -> str:
    return part(see(cast, person, run), "commands")


def forms_in(html: str) -> set[str]:
    return set(re.findall(r'<form class="command-form" id="form-([\w-]+)"', html))


# The bar
@pytest.mark.parametrize(
    ("person", "first", "more"),
    [
        ("operator", "pause", {"label", "fork", "cancel"}),
        ("reviewer", "pause", {"place", "label"}),
        ("auditor", "", set()),
    ],
)
def test_the_bar_holds_what_the_state_calls_for_and_more_has_the_rest(cast, person, first, more):
    shown = bar(cast, person, story.launch(cast))
    assert forms_in(shown) == {first, *more} - {""}
    before_more = shown.partition('id="command-more"')[0]
    assert (f'id="command-{first}"' in before_more) == bool(first)
    if person == "auditor":
        assert "it needs the scope executions:pause" in said(before_more) + said(shown)
        assert 'aria-disabled="true"' in before_more


def test_a_hold_that_is_not_yours_is_said_below_the_bar_with_who_since_when_and_who_can(cast):
    run = story.launch(cast)
    commands.place(cast.actor("reviewer"), run.pk, reason="Totals differ")
    shown = said(re.search(r'<p class="barred.*?</p>', bar(cast, "operator", run), re.DOTALL)[0])
    assert re.fullmatch(r"Held by reviewer \(compliance\) since \d+ \w+ \d\d:\d\d UTC: Totals differ\. .*", shown)
    assert shown.endswith("A reviewer can release it.")


def test_what_would_be_refused_below_is_said_before_it_is_tried(cast):
    run = story.work(family(cast))
    commands.place(cast.actor("reviewer"), children_of(run)[0].pk, reason="sanctions", blocks_cancel=True)
    shown = bar(cast, "operator", run)
    words = said(shown)
    assert 'id="form-fork"' not in shown
    assert "Its children would be launched anew, without that hold." in words
    assert "Nothing was cancelled: below this run" in words
    cancel = re.search(r'<form class="command-form" id="form-cancel".*?</form>', shown, re.DOTALL)[0]
    assert re.findall(r'<option value="(\w+)"', cancel)[:1] == ["this"] or "This run alone" in cancel
    assert "This run and the" not in cancel
    assert 'id="form-fork"' in bar(cast, "admin", run)


def test_cancel_counts_what_ends_and_what_stays(cast):
    run = story.work(family(cast))
    words = said(bar(cast, "operator", run))
    assert "Ends this run and the 3 unfinished runs below it for ever; nobody can resume it." in words
    assert re.search(r"what was done stays done, \d+ recorded results? of it\.", words)


# Reasons
def test_templates_are_offered_where_they_belong_and_count_where_nothing_is_typed(cast):
    ReasonTemplate.objects.all().delete()
    ReasonTemplate.objects.create(text=f"Bank is down {ATTACK}", commands=["pause"], reason_code="outage")
    run = story.launch(cast)
    shown = bar(cast, "operator", run)
    assert shown.count('data-fills="id_pause_reason"') == 1
    assert 'data-fills="id_cancel_reason"' not in shown
    assert "<img" not in shown

    post(cast, "operator", run, "pause", {"reason": "  ", "reason_picked": "Bank is down"})
    post(cast, "operator", run, "pause", {"reason": "My own words", "reason_picked": "Bank is down"})
    assert sorted(run.holds.values_list("reason", flat=True)) == ["Bank is down", "My own words"]


# Labels
def test_labels_are_changed_as_lines_and_as_choices(cast):
    LabelRule.objects.create(name="region", values=["emea", "apac"], description="Where it is booked")
    run = story.launch(cast, labels={"team": "north", "region": "emea", "batch": "7"})
    shown = bar(cast, "operator", run)
    assert '<option value="emea" selected>' in shown
    assert "Where it is booked" in shown
    assert "batch=7\nteam=north" in shown

    form = {"label-region": "apac", "labels": "team=south\nurgent=", "reason": "Moved", "version": run.version}
    assert post(cast, "operator", run, "label", form).status_code == 303
    assert story.fresh(run).labels == {"region": "apac", "team": "south", "urgent": ""}


def test_labels_that_cannot_be_are_refused_beside_their_field_and_a_stale_form_is_told(cast):
    run = story.launch(cast, labels={"team": "north"})
    good = {"labels": "team=south", "reason": "Moved", "version": run.version}
    for change, words in (
        ({"labels": "a=1\na=2"}, "is given twice"),
        ({"labels": "team=north"}, "Nothing changes"),
        ({"reason": " "}, "Say why"),
    ):
        answer = post(cast, "operator", run, "label", good | change, **HTMX)
        assert answer.status_code == 422
        assert words in said(part(answer.content.decode(), "commands"))
    commands.label(cast.actor("reviewer"), run.pk, set={"team": "west"}, reason="First")
    stale = post(cast, "operator", run, "label", good, **HTMX)
    assert stale.status_code == 412
    assert "team=south" in stale.content.decode()
    assert "team: west" in said(part(stale.content.decode(), "head"))


# What ends a hold by itself
def test_the_address_of_a_webhook_is_shown_once_script_or_not(cast):
    for headers in ({}, HTMX):
        run = story.launch(cast)
        answer = post(cast, "operator", run, "pause", {"reason": "Wait", "resume_webhook": "on"}, **headers)
        assert answer["Cache-Control"] == "no-store"
        assert answer.status_code == 200
        (address,) = set(re.findall(r'data-copy="(http://testserver/v1/triggers/[^"]+)"', answer.content.decode()))
        assert "It is shown once." in said(answer.content.decode())
        assert address not in see(cast, "operator", run)
        there = address.removeprefix("http://testserver")
        assert Client().post(there, "{}", content_type="application/json").status_code == 200
        assert story.fresh(run).state == "queued"


def test_the_secret_of_a_webhook_that_takes_signed_calls_is_shown_with_its_address(cast):
    run = story.launch(cast)
    form = {"reason": "Wait", "resume_webhook": "on", "resume_signed": "on"}
    html = post(cast, "operator", run, "pause", form).content.decode()
    (address,) = set(re.findall(r'data-copy="http://testserver(/v1/triggers/[^"]+)"', html))
    (secret,) = set(re.findall(r'data-copy="(whsec_[^"]+)"', html))
    assert secret not in see(cast, "operator", run)
    assert Client().post(address, "{}", content_type="application/json").status_code == 403
    sent = headers_of([base64.b64decode(secret.removeprefix("whsec_"))], "msg_1", int(time.time()), b"{}")
    assert Client().post(address, "{}", content_type="application/json", headers=sent).status_code == 200
    assert story.fresh(run).state == "queued"


def test_cron_and_zone_are_typed_in_two_fields(cast):
    run = story.launch(cast)
    form = {"reason": "Over night", "resume_cron": "0 9 * * 1-5", "resume_zone": "Europe/Berlin"}
    assert post(cast, "operator", run, "pause", form).status_code == 303
    condition = run.holds.get().conditions.get()
    assert (condition.cron, condition.timezone) == ("0 9 * * 1-5", "Europe/Berlin")
    for wrong, field in (({"resume_cron": "often"}, "resume_cron"), ({"resume_cron": ""}, "resume_cron")):
        answer = post(cast, "operator", run, "pause", form | wrong, **HTMX)
        assert answer.status_code == 422
        assert f'id="id_pause_{field}_error"' in answer.content.decode()


def test_a_hold_under_dual_control_takes_no_condition(cast):
    run = story.launch(cast)
    form = {"reason": "Two of us", "dual_control": "on", "resume_event": "order.shipped"}
    answer = post(cast, "reviewer", run, "place", form, **HTMX)
    assert answer.status_code == 422
    assert "released by a second person" in said(answer.content.decode())


# Events
def test_the_event_that_a_run_waits_for_is_sent_from_its_page(cast):
    run = story.work(story.launch(cast, "waits-for-two-orders"))
    shown = part(see(cast, "operator", run), "questions")
    condition = run.conditions.get(closed_at__isnull=True)
    assert "{&quot;order&quot;:1}" in shown
    assert "Every run that waits for such an event goes on, not only this one." in said(shown)
    assert "it needs the scope events:emit" in said(part(see(cast, "reviewer", run), "questions"))

    there = f"events/{condition.pk}/emit"
    wrong = post(cast, "operator", run, there, {"data": "{oops"}, **HTMX)
    assert (wrong.status_code, "{oops" in wrong.content.decode()) == (422, True)
    sent = post(cast, "operator", run, there, {"data": '{"order": 1}'}, **HTMX)
    assert "Event order.shipped sent. It met 1 that waited for it." in said(sent.content.decode())
    assert post(cast, "reviewer", run, there, {"data": "{}"}).status_code == 403


# Files
def test_two_versions_of_a_text_file_are_compared(cast):
    run = suspended_batch(cast)
    commands.replace_file(cast.actor("reviewer"), run.pk, WRONG_FILE, corrected(WRONG_FILE), reason="By mail")
    files = part(see(cast, "auditor", run), "files")
    address = re.search(r'href="([^"]+/file/changes[^"]+)"', files)[1].replace("&amp;", "&")
    html = cast.client("auditor").get(address).content.decode()
    assert 'data-line="added">+' in html
    assert 'data-line="removed">-' in html
    assert "By mail" in said(html)
    assert "Version 1 to 2" in said(html)
    assert cast.client("auditor").get(f"/executions/{run.pk}/file/changes?name=absent").status_code == 404
    assert cast.client("outsider").get(address).status_code == 403


def test_a_gate_shows_the_exact_input_once(cast):
    run = story.work(story.launch(cast, "gated", {"amount": 7}))
    html = see(cast, "reviewer", run)
    if run.suspensions.filter(closed_at__isnull=True).exists():
        assert "The input that" in part(html, "questions")
        assert 'id="payload-again"' in part(html, "payload")
    assert 'id="payload-again"' not in see(cast, "reviewer", paused(cast))
