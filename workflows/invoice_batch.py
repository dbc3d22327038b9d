"""Invoice batch: read every file, ask about what is wrong, post each document once, add up.

Files can be replaced whenever the run rests. So nothing is remembered for a file name alone: what was read is kept with
the digest of the bytes it was read from, and each step looks whether they are still the ones that lie there.
"""

import time
from typing import Any

from executions import Context, FileRules, Workflow
from workflows.invoices.documents import (
    ACCEPTED,
    LEFT_OUT,
    OPEN_STATUSES,
    UNREADABLE,
    Facts,
    check_upload,
    read_document,
    sentence_on,
    title_of,
)
from workflows.invoices.forms import ACCEPT, LEAVE_OUT, BatchForm, DecisionForm, UnreadableForm
from workflows.invoices.ledger import post_document, postings_of, reverse_posting, sums_of
from workflows.invoices.safexml import MAX_BYTES

invoices = Workflow(
    "invoice-batch",
    title="Invoice batch",
    description="Reads UBL invoices and credit notes, asks about every one whose totals do not agree, and posts each "
    "to the ledger exactly once.",
    input=BatchForm,
    files=FileRules(
        least=1, most=200, suffix=".xml", max_bytes=MAX_BYTES, check=check_upload, label="Invoices and credit notes"
    ),
)


@invoices.step(title="Read the invoices")
def extract(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Read and check every file; a file that was replaced meanwhile is read again, and no other."""
    names = payload["files"]
    digests = {name: ctx.file(name).sha256 for name in names}
    for name in ctx.each(names, key=lambda name: f"{name}@{digests[name]}"):
        _work(ctx, payload)
        facts = _read(ctx, name, digests[name])
        ctx.log(sentence_on(name, facts), file=name, sha256=facts["sha256"], status=facts["status"])
        ctx.progress(names.index(name) + 1, len(names), name)
    return {"invoices": {name: _read(ctx, name, digests[name]) for name in names}}


@invoices.step(title="Clear up what does not agree")
def reconcile(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask about every document that is wrong, until a person has decided on each."""
    names = payload["files"]
    settled = {}
    for position, name in enumerate(names, start=1):
        ctx.lifecycle.checkpoint()
        settled[name] = _settle(ctx, name, payload["invoices"].get(name))
        ctx.progress(position, len(names), name)
    return {"invoices": settled}


@invoices.step(title="Post to the ledger", retries=3, on_error="hold")
def post(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Post every document that was not left out, once; one replaced since it was cleared is checked anew."""
    names = payload["files"]
    for name in ctx.each(names):
        facts = _settle(ctx, name, payload["invoices"].get(name))
        if facts["status"] == LEFT_OUT:
            ctx.once(name, dict, facts)
        else:
            _work(ctx, payload)
            key = ctx.idempotency_key(name)
            ctx.once(name, post_document, ctx.execution_id, name, facts, key, transactional=True)
            ctx.log(f"Posted. {title_of(facts)}.", file=name, sha256=facts["sha256"])
        ctx.progress(names.index(name) + 1, len(names), name)
    # By now every name is recorded, with the facts it was posted or left out with.
    return {"invoices": {name: ctx.once(name, dict) for name in names}}


@invoices.step(title="Sum up")
def summarise(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Add up what was posted, per currency and supplier, and name what was not posted as it lies there."""
    posted = {entry.file_name: entry.sha256 for entry in postings_of(ctx.execution_id)}
    facts = payload["invoices"]
    return {
        "summary": {
            "posted": len(posted),
            **sums_of(ctx.execution_id),
            "accepted": sorted(name for name in posted if facts[name]["status"] == ACCEPTED),
            "left_out": sorted(name for name in payload["files"] if name not in posted),
            "replaced_after_posting": sorted(name for name in posted if ctx.file(name).sha256 != posted[name]),
        }
    }


@invoices.on_cancel
def take_back(ctx: Context, payload: dict[str, Any]) -> None:
    """Reverse what the cancelled batch has posted, so that none of it counts."""
    names = [entry.file_name for entry in postings_of(ctx.execution_id)]
    for name in names:
        ctx.once(name, reverse_posting, ctx.execution_id, name, transactional=True)
    ctx.log(f"Reversed {len(names)} of {len(payload['files'])} documents." if names else "Nothing had been posted.")


def _settle(ctx: Context, name: str, facts: Facts | None) -> Facts:
    """Return facts on the file as it lies there, decided by a person if something is wrong with it."""
    digest = ctx.file(name).sha256
    if facts is None or facts["sha256"] != digest:
        facts = _read(ctx, name, digest)
    asked = 0
    while facts["status"] in OPEN_STATUSES:
        asked += 1
        # A question belongs to the bytes it shows: an answer about a version replaced since then decides nothing.
        answer = ctx.suspend(
            f"{name}@{digest[:12]}#{asked}",
            title=f"{name} cannot be read" if facts["status"] == UNREADABLE else f"Totals differ: {name}",
            prompt=" ".join(problem["sentence"] for problem in facts["problems"]),
            form=UnreadableForm if facts["status"] == UNREADABLE else DecisionForm,
            context={"file": name, **facts},
            replaces={"file": name},
        )
        if answer["decision"] in (ACCEPT, LEAVE_OUT):
            status = ACCEPTED if answer["decision"] == ACCEPT else LEFT_OUT
            return {**facts, "status": status, "decided_by": answer.by, "reason": answer["reason"]}
        if ctx.file(name).sha256 != digest:
            return _settle(ctx, name, None)
    return facts


def _read(ctx: Context, name: str, digest: str) -> Facts:
    return ctx.once(f"{name}@{digest}", lambda: read_document(ctx.file(name)))


def _work(ctx: Context, payload: dict[str, Any]) -> None:
    """Take the time that a slow system would; a pause lets it be finished, a cancel or a shutdown does not wait."""
    ends = time.monotonic() + float(payload.get("seconds_per_invoice") or 0)
    while (left := ends - time.monotonic()) > 0:
        signal = ctx.lifecycle.check_paused()
        if signal and signal.kind not in ("pause", "slice"):
            ctx.lifecycle.checkpoint()
        time.sleep(min(left, 0.05))
