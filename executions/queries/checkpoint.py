"""The checkpoint of a run: all that it would go on from, as one JSON document that people can read."""

import json
from typing import Any

from executions.models import Event, Execution, Record, RunFile
from executions.provenance import to_json

FORMAT = "holdpoint.checkpoint/1"


def checkpoint_of(execution: Execution) -> str:
    """Write a run's checkpoint.

    Args:
        execution: the run, as just read.

    Returns:
        JSON text: shared state, the step it stopped at, what it waits for, and the tree of what ran.
    """
    return to_json(
        {
            "format": FORMAT,
            "execution": str(execution.pk),
            "workflow": execution.workflow,
            "title": execution.title,
            "labels": execution.labels,
            "state": execution.state,
            "state_since": execution.state_since,
            "version": execution.version,
            "payload": execution.payload,
            "files": _files(execution),
            "at": {
                "step": execution.next_step,
                "position": execution.steps_done,
                "attempt": execution.attempt,
                "progress": execution.progress,
                "error": execution.error,
            },
            "ahead": execution.ahead,
            "waiting_for": {"holds": _holds(execution), "suspensions": _suspensions(execution)},
            "resumed": execution.resumed,
            "ran": _ran(execution),
        }
    )


def _files(execution: Execution) -> list[dict[str, Any]]:
    newest = RunFile.objects.filter(execution=execution).order_by("name", "-version").distinct("name")
    return [dict(row) for row in newest.values("name", "version", "size", "sha256")]


def _holds(execution: Execution) -> list[dict[str, Any]]:
    fields = (
        "id",
        "kind",
        "reason",
        "reason_code",
        "ticket",
        "before_step",
        "placed_by_name",
        "placed_at",
        "review_by",
    )
    return list(execution.holds.filter(released_at__isnull=True).order_by("placed_at").values(*fields))


def _suspensions(execution: Execution) -> list[dict[str, Any]]:
    fields = ("id", "step", "key", "kind", "title", "prompt", "context", "context_digest", "form", "opened_at")
    return list(execution.suspensions.filter(closed_at__isnull=True).order_by("opened_at").values(*fields))


def _ran(execution: Execution) -> list[dict[str, Any]]:
    """Return every step that ran, with its recorded sub-results and answers below it; the unfinished one comes last."""
    steps: dict[int, dict[str, Any]] = {}
    for event in Event.objects.filter(ledger=execution.pk, kind="step.finished").order_by("seq"):
        told = json.loads(event.data)
        steps[told["position"]] = {
            "step": told["step"],
            "position": told["position"],
            "finished": True,
            "finished_at": event.at,
            "seq": event.seq,
            "by": event.actor_name,
            "changes": told.get("changes"),
            "recorded": [],
            "answers": [],
        }

    def step_at(position: int) -> dict[str, Any]:
        unfinished: dict[str, Any] = {
            "step": execution.next_step,
            "position": position,
            "finished": False,
            "recorded": [],
            "answers": [],
        }
        return steps.setdefault(position, unfinished)

    for record in Record.objects.filter(execution_id=execution.pk).order_by("position", "at", "key"):
        step_at(record.position)["recorded"].append({"key": record.key, "result": record.value, "at": record.at})
    answered = execution.suspensions.filter(outcome="answered").order_by("closed_at")
    fields = ("key", "title", "answer", "comment", "answered_by_name", "closed_at")
    for answer in answered:
        step_at(answer.position)["answers"].append({name: getattr(answer, name) for name in fields})
    return [steps[position] for position in sorted(steps)]
