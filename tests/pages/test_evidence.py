"""A run's evidence: everything an auditor asks about one run, and how to verify it alone."""

import json
import re
import subprocess
import sys

import pytest

from executions import commands
from executions.errors import NotAllowed
from executions.models import Event
from executions.provenance.auditlines import AuditFilter
from executions.provenance.export import export
from executions.queries.extract import extract_of
from tests.domain import story
from tests.provenance.chains import tamper

pytestmark = pytest.mark.django_db
ATTACK = "<script>alert(1)</script>"
REPORT = {
    "region": "North",
    "quarter": "Q3 2026",
    "revenue": "120",
    "revenue_before": "100",
    "branches": 4,
    "reported": 4,
}


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def run(cast):
    """A run with a file that was paused, noted, corrected, resumed, and in vain cancelled."""
    reviewer = cast.actor("reviewer")
    run = commands.launch(cast.actor("operator"), "filing", {}, title=f"Nightly {ATTACK}", files=[("a.txt", b"one")])
    commands.pause(cast.actor("operator", via="api"), run.pk, reason=f"Totals differ {ATTACK}")
    commands.annotate(reviewer, run.holds.get().pk, text="Asked the supplier")
    commands.amend_payload(reviewer, run.pk, changes={"total": 12}, reason="Typed wrongly")
    commands.replace_file(reviewer, run.pk, "a.txt", b"two", reason="Corrected by the supplier")
    with pytest.raises(NotAllowed):
        commands.cancel(cast.actor("auditor"), run.pk, reason="I want to")
    return run


def test_it_tells_who_did_what_when_why_by_which_door_and_in_which_role(cast, run):
    page = cast.client("auditor").get(f"/executions/{run.pk}/evidence")
    text = text_of(page)

    for words in (
        str(run.pk),
        "Its record is whole",
        "All 6 lines of its ledger were recomputed",
        "operator operator, through the API",
        "Hold placed pause",
        "Holds and freezes 1",
        "Asked the supplier",
        "Refused: cancel",
        "Typed wrongly",
        "Made",
        "UTC",
        "Whole: 6 lines in 1 ledgers.",
    ):
        assert words in text, words
    assert ATTACK not in page.content.decode()
    for event in Event.objects.filter(ledger=run.pk):
        assert bytes(event.digest).hex() in page.content.decode()


def test_corrections_stand_with_digests_of_before_and_after(cast, run):
    text = text_of(cast.client("auditor").get(f"/executions/{run.pk}/evidence"))

    assert re.search(r"a\.txt file, by reviewer sha256 7692c3ad3540bb80.* sha256 3fc4ccfe745870e2", text)
    assert re.search(r"total payload, by reviewer nothing 12 sha256 6b51d431df5d7f14", text)


def test_a_changed_record_is_said_before_anything_else(cast, run):
    tamper("UPDATE executions_event SET reason = 'forged', data = 'no json' WHERE ledger = %s AND seq = 4", run.pk)

    text = text_of(cast.client("auditor").get(f"/executions/{run.pk}/evidence"))

    assert "Its record has been changed" in text
    assert "Line 4: altered" in text


def test_its_download_is_verified_by_the_program_that_is_handed_out_beside(cast, run, tmp_path):
    client = cast.client("auditor")
    answer = client.post("/audit/export", {"run": str(run.pk)})
    # The answer's own content is read in another thread, which sees nothing of this test's transaction.
    (tmp_path / "run.jsonl").write_text("".join(export(*extract_of(AuditFilter(run=str(run.pk))))))
    (tmp_path / "verify_export.py").write_bytes(client.get("/audit/verify_export.py").content)

    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify_export.py", "run.jsonl"], cwd=tmp_path, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout.strip()) == (0, "Whole: 6 lines in 1 ledgers.")
    assert f'filename="holdpoint-{run.pk}.jsonl"' in answer.headers["Content-Disposition"]
    assert json.loads(Event.objects.get(kind="audit.exported").data)["ledger"] == str(run.pk)


def test_questions_are_told_with_who_answered(cast):
    run = story.launch(cast, "report-review", REPORT)
    story.work(run)
    asked = run.suspensions.get()
    answer = {"verdict": "publish", "remark": ""}
    commands.answer(
        cast.actor("reviewer"), asked.pk, data=answer, context_digest=asked.context_digest, comment="Looks right"
    )

    text = text_of(cast.client("auditor").get(f"/executions/{run.pk}/evidence"))

    assert re.search(rf"{asked.title} .* Answered by reviewer .*Looks right", text)
    assert asked.context_digest in text


def test_who_may_read_runs_may_read_it_and_who_may_not_read_the_record_is_told_about_the_download(cast, run):
    operator = cast.client("operator").get(f"/executions/{run.pk}/evidence")

    assert "Downloading the ledger needs the scope audit:read" in text_of(operator)
    assert cast.client("outsider").get(f"/executions/{run.pk}/evidence").status_code == 403
    assert "/evidence" in cast.client("operator").get(f"/executions/{run.pk}").content.decode()


def test_it_costs_the_same_number_of_queries_however_long_the_story(cast, run, django_assert_num_queries):
    client = cast.client("auditor")
    address = f"/executions/{run.pk}/evidence"
    client.get(address)
    with django_assert_num_queries(27):
        client.get(address)
    for number in range(5):
        hold = commands.place(cast.actor("reviewer"), run.pk, reason=f"Look {number}")
        commands.annotate(cast.actor("reviewer"), hold.pk, text="Looked")
    with django_assert_num_queries(27):
        client.get(address)
