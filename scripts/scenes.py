"""`python -m scripts.scenes`: bring demo runs into the situations that the pictures show; print name and path of each.

It finds the running stack as every `manage.py` command does, and may be run again: what is not as a picture needs it
any more, because the demo's people have gone on with it, is launched anew.
"""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

import django

PATIENCE_SECONDS, PAST_SECONDS = 60, 300
DEMOS = {
    "execution-asks": "Refund OR-20817, Ines Almeida",
    "execution-pause-in-route": "Quarterly report, north",
    "execution-onboarding": "Mara Lindqvist joins",
    "execution-choice": "Backend into production",
    "execution-tool": "Release 4.2.0",
    "execution-gate": "Disks of all sites",
}
"""Picture → title of the demo run that waits for a person in that way."""


def main() -> None:
    """Stage the scenes with the demo people's own commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from django.contrib.auth import get_user_model

    from executions import commands
    from executions.actors import Actor
    from executions.commands.audit import verify_record
    from executions.errors import Refused
    from executions.models import BulkJob, Execution, Hold, ReasonTemplate, Suspension, WebhookDelivery, WebhookEndpoint
    from executions.queries.selection import Selection
    from executions.queries.verifications import list_outcomes
    from workflows.invoices.samples import WRONG, corrected, samples
    from workflows.management.commands.seed_demo import RUNS

    people = {user.username: Actor.of_user(user) for user in get_user_model().objects.all()}
    operator, reviewer = people["operator"], people["reviewer"]
    everything = samples()
    recipes = {title: (workflow, payload, labels) for workflow, title, payload, labels in RUNS}

    def batch(title: str, files: dict[str, bytes], seconds: float) -> Execution:
        labels = {"period": "Q2", "entity": "Hamburg"}
        payload = {"seconds_per_invoice": seconds}
        return commands.launch(operator, "invoice-batch", payload, title=title, labels=labels, files=files.items())

    def waiting(title: str) -> Execution:
        """Return a run of that title that waits, launched anew where none does any more."""
        found = Execution.objects.filter(title=title, state__in=("queued", "processing", "suspended")).last()
        if found is None:
            workflow, payload, labels = recipes[title]
            found = commands.launch(operator, workflow, payload, title=title, labels=labels)
        wait_until(lambda: open_questions(found).exists(), f"a question of {title}")
        return found

    def open_questions(run: Execution) -> Any:
        return Suspension.objects.filter(execution=run, closed_at=None)

    # The past first: while it is being written, people may go on with what is staged.
    past = {
        "execution-held": newest("a run that compliance holds", Execution.objects.filter(title="April, new suppliers")),
        "execution-cancelled": newest("a cancelled run", Execution.objects.filter(state="cancelled", parent=None)),
        "execution-queued": newest("a run that is to start later", Execution.objects.filter(title="Month's end")),
        "execution-failed": newest("a failed run", Execution.objects.filter(state="failed", parent=None)),
        "execution-over-budget": newest(
            "an agent over its budget", Execution.objects.filter(title="Checkout 4.2.0 into production")
        ),
        "execution-family": newest(
            "a run with many children", Execution.objects.filter(title="Disks of all sites before the backup window")
        ),
    }
    told = WebhookEndpoint.objects.first()
    if told is None:
        with contextlib.suppress(
            Refused
        ):  # where the stack allows its own machine to be told, as the one for pictures does
            told = commands.create_webhook(
                people["admin"], url="https://localhost:9443/tickets", kinds=["hold.*"], description="Finance's tickets"
            )
    # Whoever carries the slow demo run is needed for the scenes.
    for slow in Execution.objects.filter(title__startswith="April, slowly", state="processing"):
        commands.pause(operator, slow.pk, reason="Not before the audit on Friday.")
    paused = batch("May, all suppliers", everything, 0.6)
    wait_until(lambda: (fresh(paused).progress or {}).get("done", 0) >= 8, "progress")
    hold = commands.pause(
        reviewer,
        paused.pk,
        reason="Two totals do not agree. Hofgarten and Brückner are asked for corrected files; nothing is posted yet.",
        reason_code="data-error",
        ticket="FIN-2240",
    )
    wait_until(lambda: fresh(paused).state == "paused", "paused")
    messages = WebhookDelivery.objects.filter(endpoint=told)
    if told:
        wait_until(messages.exists, "a message about the hold")
    verify_record(people["auditor"])
    wrong = "hofgarten-88164.xml"
    commands.replace_file(reviewer, paused.pk, wrong, corrected(wrong), reason="Hofgarten sent the invoice again.")
    commands.annotate(reviewer, hold.pk, text="Hofgarten has corrected theirs. Brückner promises an answer by noon.")
    with contextlib.suppress(Refused):  # refused and recorded: the picture shows it
        commands.cancel(people["auditor"], paused.pk, reason="The batch is wrong as a whole.")

    demos = {name: waiting(title) for name, title in DEMOS.items()}
    audit = demos["execution-gate"]
    if not open_questions(audit).filter(key="gate").exists():
        findings = Suspension.objects.filter(execution__parent=audit, closed_at=None)
        wait_until(lambda: findings.count() == 2, "two findings")
        for found in findings:
            said = {"verdict": "to repair", "note": "Ana orders a disk."}
            commands.answer(reviewer, found.pk, data=said, context_digest=found.context_digest)
        wait_until(lambda: open_questions(audit).filter(key="gate").exists(), "the gate")
    asking = batch("March, all suppliers", everything, 0)
    wait_until(lambda: open_questions(asking).exists(), "a question")

    few = {name: content for name, content in everything.items() if name not in WRONG}
    done = batch("March, first week", dict(list(few.items())[:4]), 0)
    wait_until(lambda: fresh(done).state == "succeeded", "the end")
    fork = commands.fork(operator, asking.pk, reason="To try the other rates.")
    many = commands.begin_bulk(
        operator,
        "pause",
        selection=Selection(ids=[run.pk for run in Execution.objects.filter(state="suspended").order_by("-pk")[:3]]),
        reason="Nothing moves while the bank is being called.",
    )
    wait_until(lambda: not BulkJob.objects.get(pk=many.pk).is_open, "the bulk job")
    commands.begin_bulk(operator, "resume", selection=Selection(job=many.pk), reason="The bank has confirmed.")
    processing = batch("June, all suppliers", few, 20)
    wait_until(lambda: fresh(processing).state == "processing", "a worker")
    scenes = {
        **demos,
        "execution-paused": paused,
        "execution-suspended": asking,
        "execution-succeeded": done,
        "execution-processing": processing,
        **past,
        "execution-fork": fork,
        "execution-forked": asking,
    }
    for name, run in scenes.items():
        print(f"{name} /executions/{run.pk}")
    kept = Hold.objects.filter(released_at=None, kind="compliance", dual_control=True).latest("pk")
    print(f"question question-{open_questions(demos['execution-asks']).latest('pk').pk}")
    print(f"hold hold-{kept.pk}")
    print(f"bulk-job /bulk/{many.pk}")
    print(f"file-changes /executions/{paused.pk}/file/changes?name={wrong}")
    if told:
        print(f"webhook /settings/webhooks/{told.pk}")
        print(f"webhook-message /settings/webhooks/{told.pk}/messages/{messages.earliest('pk').pk}")
    print(f"verification /audit/verifications/{list_outcomes(limit=1).rows[0].seq}")
    print(f"reason /settings/reasons/{ReasonTemplate.objects.order_by('position')[0].pk}")


def fresh(run: Any) -> Any:
    """Return a run as its row stands now."""
    return type(run).objects.get(pk=run.pk)


def newest(what: str, runs: Any) -> Any:
    """Return the newest of some runs; the demo's past, which may still be written, has or will have one.

    Raises:
        TimeoutError: it came to have none.
    """
    wait_until(runs.exists, what, PAST_SECONDS)
    return runs.order_by("-pk")[0]


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for the workers, or for the demo's people.

    Raises:
        TimeoutError: it took too long.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds} s for {what}.")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
