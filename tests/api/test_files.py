"""Files by HTTP: download safely, replace with a reason."""

import hashlib

import pytest
from django.test import override_settings

from executions.models import RunFile
from tests.api.conftest import events_of, problem

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)<script> “x”\u0027.html"


@pytest.fixture
def filed(launch):
    return launch("filing", files=[("a.txt", b"one"), (EVIL, b"<script>alert(1)</script>")])


def test_a_download_is_an_attachment_that_nothing_runs(program, filed, path):
    auditor = program("auditor")
    for file in auditor.get(path(filed, "files")).json()["items"]:
        answer = auditor.get(file["href"])
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["ETag"] == '"1"'
        assert hashlib.sha256(answer.content).hexdigest() == file["versions"][0]["sha256"]


def test_replace_keeps_the_old_version(program, filed, path):
    reviewer = program("reviewer")
    reviewer.post(path(filed, "pause"), {"reason": "Totals differ"})
    answer = reviewer.client.put(
        path(filed, "files", "a.txt") + "?reason=corrected",
        b"two",
        content_type="text/plain",
        headers={"If-Match": '"1"'},
    )
    assert answer.status_code == 200, answer.content
    assert answer["ETag"] == '"2"'
    assert answer.json()["uploaded_by"]["name"] == "reviewer (test)"
    assert reviewer.get(path(filed, "files", "a.txt")).content == b"two"
    assert reviewer.get(path(filed, "files", "a.txt") + "?version=1").content == b"one"
    (event,) = events_of(filed, "file.replaced")
    assert event.reason == "corrected"


@pytest.mark.parametrize(
    ("name", "query", "content", "headers", "status"),
    [
        ("a.txt", "", b"two", {}, 422),
        ("a.txt", "?reason=%20", b"two", {}, 422),
        ("a.txt", "?reason=ok", b"", {}, 422),
        ("a.txt", "?reason=ok", b"x" * 1001, {}, 413),
        ("a.txt", "?reason=ok", b"two", {"If-Match": '"7"'}, 412),
        ("a.txt", "?reason=ok", b"two", {"If-Match": "latest"}, 422),
        ("a.txt", "?reason=ok", b"two", {"content-type": "multipart/form-data; boundary=x"}, 415),
        ("b.txt", "?reason=ok", b"two", {}, 404),
        ("dir/a.txt", "?reason=ok", b"two", {}, 404),
        ("a.txt%00", "?reason=ok", b"two", {}, 422),
        ("a.txt", "?reason=a%00b", b"two", {}, 422),
        ("a.txt", "?reason=ok&why=ok", b"two", {}, 422),
    ],
)
def test_bad_replacements_change_nothing(program, filed, path, settings, name, query, content, headers, status):
    reviewer = program("reviewer")
    reviewer.post(path(filed, "pause"), {"reason": "Totals differ"})
    kind = headers.pop("content-type", "text/plain") if "content-type" in headers else "text/plain"
    with override_settings(HOLDPOINT={**settings.HOLDPOINT, "MAX_FILE_BYTES": 1000}):
        answer = reviewer.client.put(path(filed, "files", name) + query, content, content_type=kind, headers=headers)
    problem(answer, status)
    assert RunFile.objects.filter(execution=filed).count() == 2


def test_files_are_replaced_only_at_rest_and_only_by_those_who_may(program, filed, path):
    reviewer, operator = program("reviewer"), program("operator")
    address = path(filed, "files", "a.txt") + "?reason=ok"
    assert problem(reviewer.client.put(address, b"two"), 409)["state"] == "queued"
    operator.post(path(filed, "pause"), {"reason": "why"})
    problem(operator.client.put(address, b"two"), 403)
    assert len(events_of(filed, "command.denied")) == 2


def test_two_versions_are_compared_line_by_line(program, filed, path):
    reviewer = program("reviewer")
    reviewer.post(path(filed, "pause"), {"reason": "Totals differ"})
    for content in (b"one\ntwo\n", b"\xff"):
        reviewer.client.put(path(filed, "files", "a.txt") + "?reason=so", content, content_type="text/plain")
    compared = f"{path(filed, 'files', 'a.txt')}/changes"
    told = program("auditor").get(f"{compared}?to=2").json()
    assert (told["from_version"], told["to_version"], told["added"], told["removed"]) == (1, 2, 1, 0)
    assert [line["text"] for line in told["lines"]] == ["@@ -1 +1,2 @@", " one", "+two"]
    newest = reviewer.get(compared).json()
    assert (newest["from_version"], newest["to_version"], newest["lines"]) == (2, 3, [])
    assert "no text" in newest["why_not"]
    assert reviewer.get(f"{compared}?from=3&to=1").json()["why_not"] == newest["why_not"]
    problem(reviewer.get(f"{compared}?from=9"), 404)


def test_a_version_that_never_was_is_404(program, filed, path):
    auditor = program("auditor")
    problem(auditor.get(path(filed, "files", "a.txt") + "?version=9"), 404)
    problem(auditor.get(path(filed, "files", "a.txt") + "?version=0"), 422)
    problem(auditor.get(path(filed, "files", "a.txt") + "?version=99999999999999999999"), 422)
    problem(auditor.get(path(filed, "files", "..%2f..%2fetc%2fpasswd")), 404)
