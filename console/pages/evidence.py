"""A run's evidence: one page to print, with everything an auditor asks about it and how to verify it alone."""

import uuid
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from console.access import find_execution
from console.moments import zone_label
from console.pages.base import actor_of, page
from console.pages.run_history import lines_of
from executions.access import needed
from executions.authoring import registry
from executions.authoring.who import Who
from executions.commands.audit import verify_ledger
from executions.queries.evidence import MOST_ACTS, evidence_of

VERIFIER = Path(__file__).resolve().parents[2] / "tools" / "verify_export.py"


@page("executions:read", what="read evidence")
def evidence(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Show what is known of a run; its whole ledger is recomputed first."""
    actor = actor_of(request)
    run = find_execution(actor, execution_id)
    verified = verify_ledger(actor, run.pk)
    found = evidence_of(run)
    workflow = registry.find(run.workflow)
    steps = workflow.steps if workflow else {}

    def title_of(name: object) -> str:
        step = steps.get(name) if isinstance(name, str) else None
        return step.title if step else str(name or "the end").replace("_", " ")

    context = {
        "nav": "executions",
        "execution": run,
        "title": run.title or (workflow.title if workflow else run.workflow),
        "workflow_title": workflow.title if workflow else run.workflow,
        "took": (run.finished_at - run.created_at).total_seconds() if run.finished_at else None,
        "evidence": found,
        "verified": verified,
        "acts": lines_of(found.acts, title_of),
        "most_acts": MOST_ACTS,
        "held": len(found.holds) + len(found.freezes),
        "verifier_lines": len(VERIFIER.read_text().splitlines()),
        "questions": [(asked, Who.of_json(asked.who).sentence() if asked.who else "") for asked in found.questions],
        "made_at": timezone.now(),
        "zone": zone_label(),
        "reader": actor,
        "may_export": actor.can("audit:read"),
        "export_needs": needed("audit:read"),
    }
    return render(request, "audit/evidence.html", context)


@page("executions:read", what="read verifier")
def verifier(request: HttpRequest) -> HttpResponse:
    """Hand out the program that verifies an export anywhere."""
    return HttpResponse(
        VERIFIER.read_bytes(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'},
    )
