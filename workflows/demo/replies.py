"""What people in the demo answer to what they are asked."""

import datetime
import random
from typing import Any

from executions.models import Suspension
from workflows.agent_loop import RELEASES
from workflows.demo.words import (
    ACCEPTED_WHY,
    AGENT_REFUSALS,
    FINDINGS,
    FIRST,
    LAST,
    LEFT_OUT_WHY,
    NO_ACCESS_WHY,
    NONE_WHY,
    PART_WHY,
    REPORT_REMARKS,
)
from workflows.invoices.samples import corrected

type Reply = tuple[dict[str, Any], dict[str, tuple[str, bytes]]]
"""The answer's data, and uploads by field."""


def reply(asked: Suspension, rng: random.Random) -> Reply:
    """Return what somebody answers.

    Args:
        asked: an open question of a demo workflow.
        rng: decides.
    """
    workflow = asked.execution.workflow
    if workflow == "refund-approval":
        return _refund(asked, rng), {}
    if workflow == "invoice-batch":
        return _document(asked, rng)
    if workflow.startswith("report"):
        again = rng.random() < 0.22
        return {"verdict": "rework" if again else "publish", "remark": rng.choice(REPORT_REMARKS) if again else ""}, {}
    if asked.key == "details":
        return _details(asked, rng), {}
    if asked.key == "laptop":
        return {"answer": rng.choice(("light", "strong", "none"))}, {}
    if asked.format == "choice":
        return {"answer": rng.choice(RELEASES)}, {}
    if workflow == "site-audit":
        verdict, note = rng.choice(FINDINGS)
        return {"verdict": verdict, "note": note}, {}
    return _approval(workflow, rng), {}


def _approval(workflow: str, rng: random.Random) -> dict[str, Any]:
    if rng.random() > 0.16:
        return {"decision": "approve", "reason": ""}
    why = {
        "release-agent": rng.choice(AGENT_REFUSALS),
        "onboarding": NO_ACCESS_WHY,
        "fleet-audit": "The budget for disks is spent; next month.",
    }
    return {"decision": "reject", "reason": why[workflow]}


def _refund(asked: Suspension, rng: random.Random) -> dict[str, Any]:
    drawn = rng.random()
    if drawn < 0.64:
        return {"decision": "full"}
    if drawn < 0.84:
        half = float(asked.execution.payload["amount"]) / 2
        return {"decision": "part", "amount": f"{half:.2f}", "why": rng.choice(PART_WHY)}
    return {"decision": "none", "why": rng.choice(NONE_WHY)}


def _document(asked: Suspension, rng: random.Random) -> Reply:
    name, drawn = asked.replaces["file"], rng.random()
    if drawn < 0.6:
        return {"decision": "replace", "reason": ""}, {"file": (name, corrected(name))}
    if drawn < 0.8:
        return {"decision": "accept", "reason": rng.choice(ACCEPTED_WHY)}, {}
    return {"decision": "leave_out", "reason": rng.choice(LEFT_OUT_WHY)}, {}


def _details(asked: Suspension, rng: random.Random) -> dict[str, Any]:
    day = asked.opened_at.date() + datetime.timedelta(days=rng.randrange(12, 50))
    office = asked.execution.labels.get("office", "lisbon")
    mentor = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    return {"first_day": day.isoformat(), "office": office, "mentor": mentor, "allergies": rng.choice(("", "Peanuts"))}
