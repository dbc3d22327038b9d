"""Whatever people and programs send is shown as text, on every page, through whichever door it came."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django import forms
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.db import connections
from django.test import Client
from playwright.sync_api import Route, expect

from executions import FileRules, Workflow, commands
from executions.actors import Actor
from executions.authoring import registry
from executions.commands.condition import resume_token
from executions.commands.label_rule import set_label_rule
from executions.commands.reason import add_reason
from executions.commands.view import save_view
from executions.engine import bulk
from executions.errors import Refused
from executions.past import Pace, Past, carry_on
from executions.queries.selection import Selection
from tests.support.browser import watch
from tests.support.pages import Parsed, crawl

SCRIPT = "<script>alert(1)</script>"
ATTRIBUTE = "\"'><img src=x onerror=alert(2)>"
UNICODE = "\u202egnp.exe\u202c\u200b\u0085🎉e\u0301"
HOSTILE = f"{SCRIPT}{ATTRIBUTE}{{{{7*7}}}}</textarea></title>-->{UNICODE}"
"""Fits where 200 characters do."""
SHORT = f"{SCRIPT}\"'><b onclick=x>"
"""Fits where 60 do."""
LONG = HOSTILE + "W" * 1700
START = ("/executions", "/inbox", "/holds", "/holds/freezes?all=on", "/holds/new", "/workflows", "/launch", "/audit",
         "/system", "/settings", "/bulk", "/help")  # fmt: skip


class HostileForm(forms.Form):
    text = forms.CharField(label=SHORT, help_text=HOSTILE, required=False)
    choice = forms.ChoiceField(label=SHORT, choices=[("a", HOSTILE), ("b", "b")], required=False)


def make_workflow() -> Workflow:
    hostile = Workflow(
        "hostile",
        title=HOSTILE,
        description=HOSTILE,
        input=HostileForm,
        files=FileRules(least=0, most=5, label=HOSTILE),
    )

    @hostile.step(name=SHORT, title=HOSTILE)
    def asks(ctx, payload):
        ctx.log(HOSTILE, key=HOSTILE)
        ctx.progress(1, 2, HOSTILE)
        answer = ctx.suspend(
            SHORT,
            title=HOSTILE,
            prompt=LONG,
            form=HostileForm,
            context={SHORT: HOSTILE, "list": [{SHORT: HOSTILE, "b": LONG}]},
        )
        return {SHORT: answer.by, "answer": dict(answer)}

    @hostile.step(title=HOSTILE)
    def fails(ctx, payload):
        raise RuntimeError(LONG)

    return hostile


@pytest.fixture
def workflow():
    made = make_workflow()
    yield made
    registry._workflows.pop("hostile", None)


@pytest.fixture
def hostile_world(cast, settings, workflow):
    """Runs in every state whose every text is hostile, by people whose names are."""
    settings.HOLDPOINT_DEMO = True
    mallory = User.objects.create(username="<script>alert(3)</script>", first_name=SHORT, last_name=SHORT)
    mallory.email = "m@example.com"
    mallory.groups.set(cast.admin.groups.all())
    mallory.save()
    actor = Actor.of_user(mallory)
    token, text = commands.create_token(actor, mallory, name=HOSTILE)
    program = Actor.of_token(token)
    add_reason(actor, text=HOSTILE, reason_code=SHORT[:40])
    set_label_rule(actor, SHORT, description=HOSTILE)
    for name, shared in ((SHORT, True), (ATTRIBUTE, False)):
        save_view(Actor.of_user(cast.admin), name=name, query="q=%3Cscript%3E&label=%22%3E%3Cimg", shared=shared)

    def launch(title=HOSTILE, by=actor):
        payload = {"text": HOSTILE, "choice": "a"}
        files = [('"><script>alert(4)<.xml', HOSTILE.encode())]
        return commands.launch(by, "hostile", payload, title=title, labels={SHORT: HOSTILE[:100]}, files=files)

    def work(run):
        with Past() as past, past.at(past.moment):
            return carry_on(past, run.pk, Pace(lambda step: 0.001))

    def answer(run):
        asked = run.suspensions.get(closed_at=None)
        data = {"text": HOSTILE, "choice": "a"}
        commands.answer(actor, asked.pk, data=data, context_digest=asked.context_digest, comment=LONG)

    asking = work(launch())
    held = work(launch(by=program))
    hold = commands.place(actor, held.pk, reason=LONG, reason_code=SHORT[:60], ticket=f"javascript:alert(5)//{SHORT}")
    commands.annotate(program, hold.pk, text=LONG)
    commands.amend_payload(actor, held.pk, changes={SHORT: LONG}, reason=HOSTILE)
    name = held.files.first().name
    commands.replace_file(actor, held.pk, name, LONG.encode(), reason=HOSTILE)
    conditions = [{"webhook": True}, {"event": "a.b", "match": {SHORT: HOSTILE}}]
    waiting = commands.pause(actor, launch().pk, reason=HOSTILE, resume_when=conditions)
    called = commands.pause(actor, launch().pk, reason=HOSTILE, resume_when=[{"webhook": True}])
    sent = {SHORT: HOSTILE, "list": [{SHORT: LONG}]}
    commands.fire_webhook(resume_token(called) or "", data=sent, additional_context=sent, note=HOSTILE)
    work(called.execution)
    failed = work(launch())
    answer(failed)
    work(failed)
    cancelled = launch()
    commands.cancel(actor, cancelled.pk, reason=LONG)
    commands.freeze(actor, reason=LONG, labels={SHORT: "none"}, ticket=HOSTILE, reason_code=SHORT[:60])
    commands.emit(actor, "a.b", {SHORT: HOSTILE})
    for refused in (
        lambda: commands.resume(Actor.of_user(cast.auditor), held.pk, note=HOSTILE),
        lambda: commands.launch(actor, HOSTILE),
    ):
        with pytest.raises(Refused):
            refused()
    job = commands.begin_bulk(actor, "pause", selection=Selection(ids=(held.pk, cancelled.pk)), reason=LONG)
    while job.is_open and bulk.work():
        job.refresh_from_db()
    runs = [asking, held, waiting.execution, called.execution, failed, cancelled]
    return {"runs": runs, "token": text, "job": job}


def active(pages: dict[str, Parsed]) -> dict[str, list[str]]:
    return {address: page.active for address, page in pages.items() if page.active}


def test_on_every_page_hostile_text_is_text(hostile_world, cast):
    tails = ("", "/evidence", "/payload", "/payload?q=script", "/payload?against=1")
    runs = tuple(f"/executions/{run.pk}{tail}" for run in hostile_world["runs"] for tail in tails)
    pages = crawl(cast.client("admin"), (*START, *runs))
    assert len(pages) > 40
    assert active(pages) == {}
    showing = [address for address, page in pages.items() if SCRIPT in "".join(page.text)]
    for expected in ("/executions", "/inbox", "/holds", "/workflows", "/audit", *runs):
        assert expected in showing


NOTICE = """
window.noticed = []
for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => window.noticed.push(`${name}: ${text}`)
"""
UNFOLDED = """() => {
  for (const each of document.querySelectorAll("details")) each.open = true
  return window.noticed
}"""


@pytest.fixture
def tab(browser, cast):
    """A tab whose every request is answered in this process, with the very headers that the console sends.

    In a thread of its own on the test's connection: Playwright keeps an event loop in this one.
    """
    client, asked, complaints = cast.client("admin"), [], []
    shared = connections["default"]
    shared.inc_thread_sharing()
    beside = ThreadPoolExecutor(1, initializer=connections.__setitem__, initargs=("default", shared))
    context = browser.new_context(base_url="http://localhost", locale="en-GB")
    context.add_init_script(NOTICE)

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.hostname != "localhost":
            asked.append(route.request.url)
            route.abort()
        elif address.path.startswith("/static/"):
            route.fulfill(path=finders.find(address.path.removeprefix("/static/")))
        elif address.path == "/stream":
            route.fulfill(content_type="text/event-stream", body="retry: 600000\n\n")
        else:
            sent = {name: value for name, value in route.request.headers.items() if name.startswith("hx-")}
            response = beside.submit(client.get, address.path, QUERY_STRING=address.query, headers=sent).result()
            body = b"".join(response) if response.streaming else response.content
            route.fulfill(status=response.status_code, headers=dict(response.headers), body=body)

    context.route("**/*", answer)
    page = context.new_page()
    watch(page, complaints)
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield page
    context.close()
    beside.shutdown()
    shared.dec_thread_sharing()
    # The stream ends at once here, of which htmx complains.
    assert [text for text in complaints if not text.startswith("[object Event]")] == []
    assert asked == [], "a page asked for something elsewhere"


@pytest.mark.before_verification
def test_no_browser_runs_any_of_it(hostile_world, tab):
    asking, held, waiting, called, failed, _ = (f"/executions/{run.pk}" for run in hostile_world["runs"])
    lists = ("/executions", "/executions?columns=labels,held,owner,progress", "/inbox", "/holds/freezes", "/audit")
    settings = ("/settings/views", "/settings/reasons", "/settings/labels", "/settings/tokens", "/settings/profile")
    others = (f"/bulk/{hostile_world['job'].pk}", "/workflows/hostile", "/launch/hostile", "/system")
    parts = (f"{held}/payload", f"{held}/payload?q=script", f"{held}/payload?against=1", f"{held}/evidence")
    for address in (asking, held, waiting, called, failed, *parts, *lists, *settings, *others):
        response = tab.goto(address)
        assert response.status == 200, address
        assert "script-src 'self'" in response.headers["content-security-policy"], address
        assert tab.evaluate(UNFOLDED) == [], address

    # What scripts move about: a reason into its field, a question into the page, what is searched for, a chosen row.
    tab.goto(asking)
    tab.locator("#command-pause > summary").click()
    tab.locator("#form-pause .reason-templates").select_option(index=1)
    expect(tab.locator("#id_pause_reason")).to_have_value(HOSTILE)
    tab.goto("/inbox")
    tab.locator("[data-row] a").first.click()
    expect(tab.locator("#detail")).to_contain_text(SCRIPT)
    tab.goto("/executions")
    tab.keyboard.press("j")
    tab.get_by_role("searchbox").fill(SCRIPT)
    expect(tab.locator("#runs")).to_contain_text("Nothing matches")
    assert tab.evaluate("window.noticed") == []


def test_what_was_typed_and_refused_comes_back_as_text(hostile_world, cast):
    client = cast.client("admin")
    run = hostile_world["runs"][0]
    before = f"/executions/{run.pk}"
    for path, data in (
        (f"{before}/pause", {"pause-reason": "", "pause-ticket": HOSTILE, "pause-reason_code": HOSTILE}),
        (f"{before}/cancel", {"cancel-reason": "", "cancel-scope": HOSTILE}),
        (f"{before}/amend", {"amend-changes": HOSTILE, "amend-reason": HOSTILE}),
        (f"{before}/label", {"label-labels": HOSTILE, "label-reason": HOSTILE}),
        ("/launch/hostile", {"title": LONG, "labels": HOSTILE, "choice": HOSTILE}),
        ("/settings/labels/save", {"name": LONG, "description": LONG}),
        ("/settings/reasons/add", {"text": "", "reason_code": LONG}),
        ("/settings/tokens/create", {"name": "", "scopes": HOSTILE}),
        ("/holds/freezes/place", {"freeze-reason": "", "freeze-labels": HOSTILE, "labels": HOSTILE}),
    ):
        response = client.post(path, data, follow=True)
        assert response.status_code < 500, path
        assert Parsed(response.content.decode()).active == [], path


PATHS = ("/executions", "/audit", "/inbox", "/holds", "/holds/new", "/launch", "/help/x", "/bulk", "/settings/views")
NAMES = ("q", "state", "workflow", "label", "labels", "person", "kind", "by", "cursor", "run", "since", "sort", "text")


def test_what_an_address_asks_for_comes_back_as_text(cast):
    client = cast.client("admin")
    for path in PATHS:
        # All that a page knows at once, and each by itself where one refused would hide the others.
        for asked in (dict.fromkeys(NAMES, HOSTILE), *({name: HOSTILE} for name in NAMES)):
            response = client.get(path, asked)
            assert response.status_code < 500, (path, asked)
            assert Parsed(response.content.decode()).active == [], (path, asked)


def test_the_api_answers_hostile_text_as_json_that_no_browser_takes_for_a_page(hostile_world, cast):
    client = Client(headers={"Authorization": f"Bearer {hostile_world['token']}"})
    for run in hostile_world["runs"]:
        response = client.get(f"/v1/async-executions/{run.pk}")
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert json.loads(response.content)["title"] == run.title
