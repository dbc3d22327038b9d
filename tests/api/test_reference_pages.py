"""The reference at `/v1/docs` says all that the OpenAPI document says, to everybody, without a look at the database."""

import html
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from console.api.v1 import api
from console.reference import document, pages, warming
from console.reference.prose import line, paragraphs
from console.reference.samples import Sample
from tests.support.pages import Parsed

DESCRIBED = api.get_openapi_schema()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
GROUPS = document.groups()
SECTION = re.compile(r'<section class="op ref-row" id="(\w+)".*?</section>', re.DOTALL)


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    """operationId → its part of the page, as HTML."""
    pages = [Client().get(f"/v1/docs/{group.slug}").content.decode() for group in GROUPS]
    return {found[1]: found[0] for page in pages for found in SECTION.finditer(page)}


def names_in(schema: Any, within: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the names of all members that a value of a schema may have, at any depth."""
    name = schema.get("$ref", "").rpartition("/")[2] if isinstance(schema, dict) else ""
    if name and name not in within:
        yield from names_in(DESCRIBED["components"]["schemas"][name], (*within, name))
    elif isinstance(schema, dict):
        yield from schema.get("properties", {})
        parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        for part in (*parts, schema.get("items"), schema.get("additionalProperties")):
            yield from names_in(part, within)


@pytest.mark.parametrize("id", OPERATIONS)
def test_every_operation_is_there_with_all_its_fields_and_answers(sections, id):
    method, path, operation = OPERATIONS[id]
    text = html.unescape(re.sub(r"<[^>]+>", "", sections[id]))
    assert operation["summary"] in text
    assert method in text
    assert path in text
    answers = operation["responses"]
    contents = [*operation.get("requestBody", {}).get("content", {}).values()]
    contents += [content for answer in answers.values() for content in answer.get("content", {}).values()]
    names = {each["name"] for each in operation["parameters"]}
    names |= {name for answer in answers.values() for name in answer.get("headers", {})}
    names |= {name for content in contents for name in names_in(content.get("schema"))}
    assert set(map(html.unescape, re.findall(r'class="field-name">([^<]+)<', sections[id]))) == names
    assert re.findall(r'class="status"[^>]*>(\d+)<', sections[id].split('class="ref-show"')[0]) == list(answers)
    for answer in answers.values():
        name = answer.get("$ref", "").rpartition("/")[2]
        for content in DESCRIBED["components"]["responses"].get(name, answer).get("content", {}).values():
            if "example" in content:
                shown = content["example"]
                assert (shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)) in text


def test_a_field_says_what_may_be_sent_and_who_may_send_it(sections):
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", sections["pause"])).split())
    assert "reason string required Why, in words for those who read the history later." in text
    assert 'scope string Only this run, or its unfinished children and theirs too. default "tree"' in text
    assert 'One of "this" "tree"' in text
    assert "executions:pause operator, reviewer, admin" in text
    assert "1 to 255 characters" in text


def sent_by(sample: Sample) -> tuple[str, str, Any]:
    """Return method, path and JSON that a sample sends."""
    if sample.title == "Python":
        return sent_by_python(sample.text)
    words = shlex.split(sample.text)
    url = next(word for word in words if word.startswith("http"))
    method = words[words.index("-X") + 1] if "-X" in words else "PUT" if "-T" in words else "GET"
    body = next((word for word in words if word.startswith("request=")), "").removeprefix("request=").rpartition(";")[0]
    body = words[words.index("-d") + 1] if "-d" in words else body
    return method, httpx.URL(url).path, json.loads(body) if body else None


def sent_by_python(program: str) -> tuple[str, str, Any]:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        sent.append(request)
        return httpx.Response(200, json={})

    client = httpx.Client(transport=httpx.MockTransport(answer))
    calls = {name: getattr(client, name) for name in ("get", "post", "put", "patch", "delete", "stream")}
    program = re.sub(r"^import httpx$", "", program, flags=re.MULTILINE).replace('open("one.xml", "rb")', 'b""')
    told: list[Any] = []
    exec(program, {"httpx": type("Calls", (), calls), "print": told.append})  # noqa: S102 - our own text
    return sent[0].method, sent[0].url.path, json.loads(sent[0].content) if sent[0].content else None


@pytest.mark.parametrize("id", OPERATIONS)
def test_what_is_to_be_pasted_sends_the_request_of_its_example(monkeypatch, id):
    monkeypatch.setenv("HOLDPOINT_TOKEN", "hp_test")
    method, path, operation = OPERATIONS[id]
    wanted = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    address = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
    for sample in document.places()[id][1].samples:
        if sample.title != "Terminal":
            sent_method, sent_path, body = sent_by(sample)
            assert sent_method == method
            assert address.fullmatch(unquote(sent_path))
            assert body == (wanted or None)


def test_everybody_reads_it_and_the_database_is_not_asked():
    for address in ("/v1/docs", "/v1/docs/commands", "/v1/docs?q=pause"):
        answer = Client().get(address)
        assert answer.status_code == 200
        assert Client().get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    packed = Client().get("/v1/docs", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < 20_000
    assert Client().post("/v1/docs").status_code == 405
    missing = Client().get("/v1/docs/nothing")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    client = Client()
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get("/v1/docs").content.decode()


def test_it_is_made_before_anybody_asks_for_it():
    pages.make_overview.cache_clear()
    warming.begin(after=0).join()
    assert Client().get("/v1/docs").status_code == 200
    assert pages.make_overview.cache_info().misses == 1


def test_every_link_leads_to_a_page_and_an_anchor_that_are_there():
    pages = {"/v1/docs": Client().get("/v1/docs").content.decode()}
    pages |= {f"/v1/docs/{group.slug}": Client().get(f"/v1/docs/{group.slug}").content.decode() for group in GROUPS}
    anchors = {address: set(re.findall(r'\sid="([^"]+)"', page)) for address, page in pages.items()}
    for address, page in pages.items():
        parsed = Parsed(page)
        assert parsed.active == []
        for link in parsed.links:
            where, _, anchor = link.partition("#")
            if (where or address) in pages and anchor:
                assert anchor in anchors[where or address], link
    assert set(OPERATIONS) <= set().union(*anchors.values())


def test_search_looks_in_names_then_in_descriptions_then_in_fields():
    page = Client().get("/v1/docs", {"q": "PAUSE run"}).content.decode()
    found = re.findall(r'<li>\s*<a href="/v1/docs/[\w-]+#(\w+)"', page.split('class="results"')[1])
    assert found[0] == "pause"
    assert len(found) > 3
    assert "#pause" in Client().get("/v1/docs", {"q": "signing_secret"}).content.decode().split('class="results"')[1]
    nothing = Client().get("/v1/docs", {"q": '<b>"x"</b> nothing'}).content.decode()
    assert "Nothing for “&lt;b&gt;&quot;x&quot;&lt;/b&gt; nothing”" in nothing
    assert "<b>&quot;x" not in nothing
    assert Client().get("/v1/docs", {"q": "\x00" + "a" * 5000}).status_code == 200


def test_what_a_description_says_is_text_but_for_code_and_bold():
    assert line("a `<b>` **c** <i>") == "a <code>&lt;b&gt;</code> <b>c</b> &lt;i&gt;"
    assert line("``x`` & y") == "<code>x</code> &amp; y"
    assert paragraphs("one\ntwo\n\n- `a`\n- <b>") == (
        "<p>one two</p><ul><li><code>a</code></li><li>&lt;b&gt;</li></ul>"
    )


def test_the_pages_in_a_browser(page):
    axe, colours = Axe(), {"runOnly": ["color-contrast"]}
    looks = [("/v1/docs", "light", {}), ("/v1/docs/commands", "dark", colours), ("/v1/docs/commands", "light", {})]
    for address, scheme, options in looks:
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        violations = axe.run(page, options=options).response["violations"]
        assert [(each["id"], each["nodes"][0]["target"]) for each in violations] == [], (address, scheme)
    page.goto("/v1/docs/commands#cancel")
    page.keyboard.press("/")
    page.keyboard.type("fork")
    page.locator("#contents").get_by_role("link", name="Fork a run").wait_for()
    assert page.locator("#contents").get_by_role("link", name="Pause a run").is_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="for “fork”").wait_for()
    page.get_by_role("main").get_by_role("link", name="Fork a run").click()
    page.locator("#fork .sample[data-kind=Python] > summary").click()
    page.locator("#fork").get_by_text("httpx.post(").wait_for()
    page.goto("/v1/docs/runs")
    page.locator("#launch").get_by_text("httpx.post(").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    for slug in ("", "/questions", "/bulk"):
        page.goto(f"/v1/docs{slug}")
        page.evaluate("document.querySelectorAll('main details').forEach((each) => each.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, slug
