"""The invoice batch in real workers: paused, corrected, resumed, killed; nothing read or posted twice."""

import json
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from executions import commands
from executions.models import Event, Execution, Suspension
from tests.engine.watching import QUICK, kill, let_begin, owns
from tests.workflows.invoices import REAL_FILES, needs_real_invoices, value_of, with_value
from workflows.invoices.samples import WRONG, corrected, samples
from workflows.invoices.ubl import parse_invoice
from workflows.models import LedgerEntry


def wait_until(true, what: str, seconds: float = 60):
    """Look again until something is so."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"still not so after {seconds} s: {what}")


def reach(run: Execution, *states: str, seconds: float = 60) -> Execution:
    """Wait until a run is in one of these states."""

    def there():
        run.refresh_from_db()
        return run if run.state in states else None

    return wait_until(there, f"{' or '.join(states)}", seconds)


def logged(run: Execution, status: str | None = None) -> list[tuple[str, str]]:
    """Return file name and digest of each document that the history tells was read, or posted where no status."""
    events = Event.objects.filter(ledger=run.pk, kind="step.logged").order_by("seq")
    lines = [json.loads(text).get("data", {}) for text in events.values_list("data", flat=True)]
    return [(line["file"], line["sha256"]) for line in lines if line and ("status" in line) == (status is not None)]


def posted(run: Execution) -> dict[str, object]:
    """Return what a run has posted: file name → amount."""
    return dict(LedgerEntry.objects.filter(execution_id=run.pk).values_list("file_name", "amount"))


def answer_all(run: Execution, actor, decide) -> list[str]:
    """Answer every question of a run until it has ended; return the files asked about."""
    asked = []
    while reach(run, "suspended", "succeeded").state == "suspended":
        question = Suspension.objects.get(execution=run, closed_at__isnull=True)
        name = question.replaces["file"]
        asked.append(name)
        commands.answer(actor, question.pk, context_digest=question.context_digest, **decide(name))
    return asked


def with_correction(name: str) -> dict:
    return {"data": {"decision": "replace"}, "files": {"file": (name, corrected(name))}}


def at_posting(cast, files: dict[str, bytes], seconds: float) -> Execution:
    """Launch a batch that has read everything at once and takes its time over each posting."""
    operator, tomorrow = cast.actor("operator"), timezone.now() + timedelta(days=1)
    run = commands.launch(operator, "invoice-batch", {}, files=files.items(), not_before=tomorrow)
    commands.pause(operator, run.pk, reason="Slowly from here", before_step="post")
    let_begin(run)
    reach(run, "paused")
    changes = {"seconds_per_invoice": seconds}
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes=changes, reason="Slowly from here")
    commands.resume(operator, run.pk)
    return run


def test_h11_a_reviewer_pauses_corrects_and_resumes_and_nothing_is_done_twice(cast, worker):
    operator, reviewer = cast.actor("operator"), cast.actor("reviewer")
    name = "brueckner-R-20455.xml"
    files = {name: samples()[name]} | samples()
    run = commands.launch(operator, "invoice-batch", {"seconds_per_invoice": 0.5}, files=files.items())
    wait_until(lambda: name in dict(logged(run, "any")), "the wrong invoice has been read")

    hold = commands.pause(reviewer, run.pk, reason="R-20455: the prepayment is missing")
    reach(run, "paused")
    read_before = logged(run, "any")
    assert 0 < len(read_before) < len(files), "paused in mid-batch"

    commands.replace_file(reviewer, run.pk, name, corrected(name), reason="Corrected by the supplier")
    commands.annotate(reviewer, hold.pk, text="New file by mail")
    commands.amend_payload(reviewer, run.pk, changes={"seconds_per_invoice": 0}, reason="All is seen")
    commands.resume(reviewer, run.pk, note="Corrected")
    asked = answer_all(run, reviewer, with_correction)

    read = logged(run, "any")
    assert read[: len(read_before)] == read_before
    assert max(Counter(read).values()) == 1, "no version of a file was read twice"
    assert Counter(file for file, _ in read) == {**dict.fromkeys(files, 1), name: 2}
    assert sorted(asked) == sorted(set(WRONG) - {name}), "the corrected file needs no question any more"
    assert posted(run) == {file: parse_invoice(corrected(file)).signed_payable for file in files}
    assert max(Counter(logged(run)).values()) == 1
    assert run.payload["summary"]["posted"] == len(files)


def test_a_pause_while_posting_keeps_every_posting_single(cast, worker):
    reviewer = cast.actor("reviewer")
    files = {name: corrected(name) for name in samples()}
    run = at_posting(cast, files, 0.5)
    wait_until(lambda: len(posted(run)) >= 3, "some are posted")
    commands.pause(reviewer, run.pk, reason="Stop the money")
    reach(run, "paused")
    first, last = next(iter(files)), list(files)[-1]
    assert first in posted(run)
    assert last not in posted(run)

    # A file replaced before its turn is checked anew; one replaced afterwards is not posted again, and the sum says so.
    other = corrected("brueckner-R-20431.xml")
    commands.replace_file(reviewer, run.pk, last, samples()["brueckner-R-20455.xml"], reason="Wrong on purpose")
    commands.replace_file(reviewer, run.pk, first, other, reason="Too late")
    commands.amend_payload(reviewer, run.pk, changes={"seconds_per_invoice": 0}, reason="All is seen")
    commands.resume(reviewer, run.pk)
    asked = answer_all(run, reviewer, lambda name: {"data": {"decision": "accept", "reason": "For the test"}})

    assert asked == [last]
    expected = {name: parse_invoice(content).signed_payable for name, content in files.items()}
    expected[last] = parse_invoice(samples()["brueckner-R-20455.xml"]).signed_payable
    assert posted(run) == expected
    assert run.payload["summary"]["replaced_after_posting"] == [first]
    assert run.payload["summary"]["accepted"] == [last]


def test_a_worker_killed_in_mid_batch_posts_nothing_twice(cast, workers):
    first, second = workers(2, **QUICK)
    files = {name: corrected(name) for name in samples()}
    run = at_posting(cast, files, 0.3)
    wait_until(lambda: len(posted(run)) >= 2, "some are posted")
    run.refresh_from_db()
    kill(first if owns(first, run) else second)
    reach(run, "succeeded", seconds=60)
    assert posted(run) == {name: parse_invoice(content).signed_payable for name, content in files.items()}
    assert Event.objects.filter(ledger=run.pk, kind="lease.expired").exists()


def test_h5_a_cancelled_batch_ends_with_nothing_posted_in_sum(cast, worker):
    files = {name: corrected(name) for name in samples()}
    run = at_posting(cast, files, 0.5)
    wait_until(lambda: len(posted(run)) >= 3, "some are posted")
    commands.cancel(cast.actor("operator"), run.pk, reason="Wrong batch")
    reach(run, "cancelled")
    entries = LedgerEntry.objects.filter(execution_id=run.pk)
    kept, taken_back = entries.filter(reverses__isnull=True), entries.filter(reverses__isnull=False)
    assert 3 <= kept.count() == taken_back.count() < len(files)
    assert sum(entry.amount for entry in entries) == 0


@needs_real_invoices
@pytest.mark.parametrize("wrong", [None, "guide-example1.xml"])
def test_the_published_invoices_run_through_and_a_changed_copy_is_asked_about(cast, worker, wrong):
    files = {path.name: path.read_bytes() for path in REAL_FILES}
    sent = dict(files)
    if wrong:
        text = files[wrong].decode()
        total = value_of(text, "PayableAmount", "LegalMonetaryTotal") + 100
        sent[wrong] = with_value(text, "PayableAmount", f"{total}", "LegalMonetaryTotal").encode()
    run = commands.launch(cast.actor("operator"), "invoice-batch", {}, files=sent.items())
    asked = answer_all(
        run,
        cast.actor("reviewer"),
        lambda name: {"data": {"decision": "replace"}, "files": {"file": (name, files[name])}},
    )
    assert asked == ([wrong] if wrong else [])
    assert posted(run) == {name: parse_invoice(content).signed_payable for name, content in files.items()}
