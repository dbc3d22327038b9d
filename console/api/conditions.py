"""Resume conditions as the API takes and shows them. Tokens are never among what is shown."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import WithJsonSchema

from console.api.parts import ConditionOut, Person
from executions.models import Trigger

_MATCH = {"type": "object", "description": "What the event's data must contain."}
_ONE = {
    "oneOf": [
        {"const": "manual", "description": "Somebody resumes it; always possible."},
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": "manual", "description": "The same."}},
        },
        {
            "type": "object",
            "required": ["at"],
            "properties": {"at": {"type": "string", "format": "date-time", "description": "Then."}},
        },
        {
            "type": "object",
            "required": ["after_seconds"],
            "properties": {
                "after_seconds": {"type": "number", "exclusiveMinimum": 0, "description": "So long from now."}
            },
        },
        {
            "type": "object",
            "required": ["cron"],
            "properties": {
                "cron": {"type": "string", "examples": ["0 9 * * 1-5"], "description": "At the next such time."},
                "timezone": {
                    "type": "string",
                    "examples": ["Europe/Berlin"],
                    "default": "UTC",
                    "description": "That the expression is of.",
                },
            },
        },
        {
            "type": "object",
            "required": ["event"],
            "properties": {
                "event": {"type": "string", "description": "When an event of this name is sent."},
                "match": _MATCH,
            },
        },
        {
            "type": "object",
            "required": ["webhook"],
            "properties": {
                "webhook": {
                    "description": "When the token that is given out is called.",
                    "oneOf": [
                        {"const": True},
                        {
                            "type": "object",
                            "properties": {"signed": {"type": "boolean", "description": "Only signed calls count."}},
                            "additionalProperties": False,
                        },
                    ],
                }
            },
        },
    ]
}

ResumeWhen = Annotated[
    Any, WithJsonSchema({"anyOf": [_ONE, {"type": "array", "items": _ONE, "maxItems": 10}, {"type": "null"}]})
]
"""One condition or several; the domain reads them, so that its words name what is wrong."""


def conditions_out(triggers: Iterable[Trigger]) -> list[ConditionOut]:
    """Describe conditions, in the order in which they were set."""
    return [condition_out(trigger) for trigger in sorted(triggers, key=lambda each: each.pk)]


def condition_out(trigger: Trigger) -> ConditionOut:
    """Describe a condition."""
    return ConditionOut(
        id=trigger.pk,
        kind=trigger.kind,
        says=str(trigger),
        due_at=trigger.due_at,
        cron=trigger.cron,
        timezone=trigger.timezone,
        event=trigger.event_name,
        match=trigger.match,
        set_by=Person(id=trigger.set_by, name=trigger.set_by_name),
        closed_at=trigger.closed_at,
        outcome=trigger.outcome,
    )
