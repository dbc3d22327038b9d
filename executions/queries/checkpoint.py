"""The checkpoint of a run: all that it would go on from, as one JSON document that people can read."""

from typing import Any

from executions.commands.answering import valid_votes
from executions.models import Event, Execution, Record, RunFile, Suspension
from executions.passes import pass_at
from executions.provenance import to_json
from executions.provenance.reading import read

FORMAT = "holdpoint.checkpoint/1"
ASKED = (
    "id",
    "step",
    "key",
    "kind",
    "title",
    "prompt",
    "context",
    "context_digest",
    "form",
    "format",
    "choices",
    "who",
    "urgency",
    "opened_at",
    "deadline",
    "on_deadline",
    "awaits",
)


def checkpoint_of(execution: Execution) -> str:
    """Write a run's checkpoint.

    Args:
        execution: the run, as just read.

    Returns:
        JSON text: shared state, the step it stopped at, what it waits for, and the tree of what ran.
    """
    conditions = _conditions(execution)
    return to_json(
        {
            "format": FORMAT,
            "execution": str(execution.pk),
            "workflow": execution.workflow,
            "forked_from": _origin(execution),
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
            "waiting_for": {
                "holds": _holds(execution, conditions),
                "suspensions": _suspensions(execution, conditions),
            },
            "resumed": execution.resumed,
            "parent": execution.parent_id,
            "ran": _ran(execution),
            "children": _children(execution),
        }
    )


def _origin(execution: Execution) -> dict[str, Any] | None:
    if execution.forked_from_id is None:
        return None
    return {"execution": str(execution.forked_from_id), "seq": execution.forked_at}


def _files(execution: Execution) -> list[dict[str, Any]]:
    newest = RunFile.objects.filter(execution=execution).order_by("name", "-version").distinct("name")
    return [dict(row) for row in newest.values("name", "version", "size", "sha256")]


def _holds(execution: Execution, conditions: dict[Any, Any]) -> list[dict[str, Any]]:
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
    holds = list(execution.holds.filter(released_at__isnull=True).order_by("placed_at").values(*fields))
    return [{**hold, "resume_when": conditions.get(hold["id"], [])} for hold in holds]


def _suspensions(execution: Execution, conditions: dict[Any, Any]) -> list[dict[str, Any]]:
    asked = execution.suspensions.filter(closed_at__isnull=True).order_by("opened_at").prefetch_related("votes")
    return [
        {
            **{name: getattr(question, name) for name in ASKED},
            **({"input": execution.payload} if question.shows_input else {}),
            "approved_by": [vote.voted_by_name for vote in valid_votes(question, question.votes.all())],
            "resume_when": conditions.get(question.pk, []),
        }
        for question in asked
    ]


def _children(execution: Execution) -> list[dict[str, Any]]:
    rows = execution.children.order_by("id").values("parent_key", "id", "workflow", "state", "ahead", "steps_done")
    return [
        {
            "id": row["id"],
            "parent_key": row["parent_key"],
            "workflow": row["workflow"],
            "state": row["state"],
            "step": row["ahead"][0] if row["ahead"] else None,
            "steps_done": row["steps_done"],
        }
        for row in rows
    ]


def _conditions(execution: Execution) -> dict[Any, list[dict[str, Any]]]:
    """Return, by id of the hold or question, what will end it by itself."""
    fields = ("kind", "due_at", "cron", "timezone", "event_name", "match")
    found: dict[Any, list[dict[str, Any]]] = {}
    bound = ("hold_id", "suspension_id")
    for row in execution.conditions.filter(closed_at__isnull=True).order_by("id").values(*bound, *fields):
        hold, question = (row.pop(column) for column in bound)
        found.setdefault(hold or question, []).append(row)
    return found


def _ran(execution: Execution) -> list[dict[str, Any]]:
    """Return every step that ran, with its recorded sub-results and answers below it; the unfinished one comes last."""
    steps: dict[int, dict[str, Any]] = {}
    ended = Event.objects.filter(ledger=execution.pk, kind__in=("step.finished", "step.skipped"))
    # Of a run that was sent back, the last time at each position counts, and what lies ahead again is not done.
    for event in ended.order_by("seq"):
        told = read(event.kind, event.data)
        if told is not None and told["position"] < execution.steps_done:
            steps[told["position"]] = {
                "step": told["step"],
                "position": told["position"],
                "finished": event.kind == "step.finished",
                "skipped": event.kind == "step.skipped",
                "finished_at": event.at,
                "seq": event.seq,
                "by": event.actor_name,
                "changes": told.get("changes", told.get("result")),
                "recorded": [],
                "answers": [],
            }

    def step_at(row: Record | Suspension) -> dict[str, Any]:
        unfinished: dict[str, Any] = {
            "step": execution.next_step if row.position == execution.steps_done else row.step,
            "position": row.position,
            "finished": False,
            "skipped": False,
            "recorded": [],
            "answers": [],
        }
        return steps.setdefault(row.position, unfinished)

    def counts(row: Record | Suspension) -> bool:
        """Tell whether the step would find this again: not if it was to be done anew, or another step is there now."""
        return row.pass_no == pass_at(execution.passes, row.position) and step_at(row)["step"] == row.step

    for record in Record.objects.filter(execution_id=execution.pk).order_by("position", "at", "key"):
        if counts(record):
            step_at(record)["recorded"].append({"key": record.key, "result": record.value, "at": record.at})
    answered = execution.suspensions.filter(outcome="answered").order_by("closed_at")
    fields = ("key", "title", "answer", "comment", "answered_by_name", "closed_at")
    for answer in answered:
        if counts(answer):
            step_at(answer)["answers"].append({name: getattr(answer, name) for name in fields})
    return [steps[position] for position in sorted(steps)]
