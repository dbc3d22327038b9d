"""`python -m scripts.help_scenes`: bring demo runs into what the help pages show; print name and path of each.

It finds the running stack as every `manage.py` command does.
"""

import os
from typing import Any

import django

from scripts.scenes import fresh, newest, wait_until


def main() -> None:
    """Stage the scenes with the demo people's own commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from django.contrib.auth import get_user_model

    from executions import commands
    from executions.actors import Actor
    from executions.models import Execution, Suspension
    from workflows.invoices.samples import samples

    people = {user.username: Actor.of_user(user) for user in get_user_model().objects.all()}

    def asked(run: Execution) -> Suspension:
        questions = Suspension.objects.filter(execution=run, closed_at=None)
        wait_until(questions.exists, "a question")
        return questions.get()

    def answer(person: str, run: Execution, **data: Any) -> None:
        question = asked(run)
        commands.answer(people[person], question.pk, data=data, context_digest=question.context_digest)
        wait_until(lambda: fresh(run).state == "suspended", "the next question")

    joins = {"name": "Mara Lindqvist", "role": "Site reliability engineer", "production": True, "hours": 48}
    newcomer = Execution.objects.filter(suspensions__votes__isnull=False, state="suspended").last()
    if newcomer is None:
        newcomer = commands.launch(people["operator"], "onboarding", joins, title="Mara Lindqvist joins")
        answer("reviewer", newcomer, first_day="2027-01-04", office="lisbon", mentor="Jonas Weber", allergies="")
        answer("reviewer", newcomer, answer="strong")
        answer("reviewer", newcomer, decision="approve", reason="")
        answer("reviewer", newcomer, decision="approve", reason="Talked to the mentor.")

    held = newest("a run that compliance holds", Execution.objects.filter(title="April, new suppliers"))
    corrected = newest("a run with a corrected file", Execution.objects.filter(files__version__gt=1))
    failed = newest("a failed run", Execution.objects.filter(state="failed", title__startswith="Bergen", parent=None))
    slow = Execution.objects.filter(title="June, all suppliers", state="processing").last() or commands.launch(
        people["operator"],
        "invoice-batch",
        {"seconds_per_invoice": 30},
        title="June, all suppliers",
        labels={"desk": "finance", "entity": "Hamburg"},
        files=samples().items(),
    )
    wait_until(lambda: fresh(slow).state == "processing", "a worker")
    scenes = {
        "processing": f"/executions/{slow.pk}",
        "failed": f"/executions/{failed.pk}",
        "held": f"/executions/{held.pk}",
        "files": f"/executions/{corrected.pk}",
        "votes": f"/executions/{newcomer.pk}",
    }
    for name, path in scenes.items():
        print(f"{name} {path}")


if __name__ == "__main__":
    main()
