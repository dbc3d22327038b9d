"""`python -m scripts.scenes`: bring demo runs into the situations that the pictures show; print name and path of each.

It finds the running stack as every `manage.py` command does.
"""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

import django

PATIENCE_SECONDS = 60
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
    from executions.errors import Refused
    from executions.models import Execution, Suspension
    from workflows.invoices.samples import WRONG, corrected, samples

    people = {user.username: Actor.of_user(user) for user in get_user_model().objects.all()}
    operator, reviewer = people["operator"], people["reviewer"]
    everything = samples()

    def launch(title: str, files: dict[str, bytes], seconds: float) -> Execution:
        return commands.launch(
            operator,
            "invoice-batch",
            {"seconds_per_invoice": seconds},
            title=title,
            labels={"period": "Q2", "entity": "Hamburg"},
            files=files.items(),
        )

    # Whoever carries the slow demo run is needed for the scenes.
    slow = Execution.objects.get(title__startswith="April, slowly")
    paused = launch("May, all suppliers", everything, 0.6)
    commands.pause(operator, slow.pk, reason="Not before the audit on Friday.")
    wait_until(lambda: (fresh(paused).progress or {}).get("done", 0) >= 8, "progress")
    hold = commands.pause(
        reviewer,
        paused.pk,
        reason="Two totals do not agree. Hofgarten and Brückner are asked for corrected files; nothing is posted yet.",
        reason_code="data-error",
        ticket="FIN-2240",
    )
    wait_until(lambda: fresh(paused).state == "paused", "paused")
    wrong = "hofgarten-88164.xml"
    commands.replace_file(reviewer, paused.pk, wrong, corrected(wrong), reason="Hofgarten sent the invoice again.")
    commands.annotate(reviewer, hold.pk, text="Hofgarten has corrected theirs. Brückner promises an answer by noon.")
    with contextlib.suppress(Refused):  # refused and recorded: the picture shows it
        commands.cancel(people["auditor"], paused.pk, reason="The batch is wrong as a whole.")

    asking = Execution.objects.get(title="March, all suppliers")
    wait_until(lambda: Suspension.objects.filter(execution=asking, closed_at=None).exists(), "a question")
    demos = {name: Execution.objects.get(title=title) for name, title in DEMOS.items()}
    for run in demos.values():
        wait_until(lambda run=run: Suspension.objects.filter(execution=run, closed_at=None).exists(), "a question")
    audit = demos["execution-gate"]
    wait_until(lambda: Suspension.objects.filter(execution__parent=audit, closed_at=None).count() == 2, "two findings")
    for found in Suspension.objects.filter(execution__parent=audit, closed_at=None):
        said = {"verdict": "to repair", "note": "Ana orders a disk."}
        commands.answer(reviewer, found.pk, data=said, context_digest=found.context_digest)
    wait_until(lambda: Suspension.objects.filter(execution=audit, key="gate").exists(), "the gate")

    done = Execution.objects.get(title="March, first week")
    wait_until(lambda: fresh(done).state == "succeeded", "the end")
    processing = launch("June, all suppliers", {k: v for k, v in everything.items() if k not in WRONG}, 20)
    wait_until(lambda: fresh(processing).state == "processing", "a worker")
    scenes = {
        **demos,
        "execution-paused": paused,
        "execution-suspended": asking,
        "execution-succeeded": done,
        "execution-processing": processing,
        "execution-held": Execution.objects.get(title="Prepayments, second look"),
        "execution-cancelled": Execution.objects.get(title__contains="sent twice"),
        "execution-queued": Execution.objects.get(title="Month's end"),
    }
    for name, run in scenes.items():
        print(f"{name} /executions/{run.pk}")


def fresh(run: Any) -> Any:
    """Return a run as its row stands now."""
    return type(run).objects.get(pk=run.pk)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for the workers.

    Raises:
        TimeoutError: it took too long.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {PATIENCE_SECONDS} s for {what}.")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
