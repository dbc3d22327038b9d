"""Labels: which ones runs carry, and the rules for their values."""

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from console.access import require_scope
from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, patches
from console.api.parts import Moment
from console.api.replies import no_content, reply
from executions import commands, queries
from executions.models import LabelRule
from executions.queries.labels import NEWEST_RUNS

router = Router(tags=["Labels"])


class LabelRuleOut(Schema):
    """What a label means, and which values it takes."""

    name: str = Field(description="Of the label.")
    description: str = Field(description="What it means.")
    values: list[str] = Field(description="Values it may take; any where empty.")
    updated_at: Moment = Field(description="When the rule was last set.")


class LabelInUseOut(Schema):
    """A label that runs carry."""

    name: str = Field(description="Of the label.")
    runs: int = Field(description="How many of those runs carry it.")
    distinct: int = Field(description="How many values it has.")
    values: list[str] = Field(description="The most frequent of them.")


class LabelsOut(Schema):
    """Rules by name; and the labels that the newest runs carry, most frequent first."""

    rules: list[LabelRuleOut] = Field(description="Rules, by name.")
    in_use: list[LabelInUseOut] = Field(description=f"Among the newest {NEWEST_RUNS:,} runs.")


class LabelRuleBody(Body):
    """The rule of a label."""

    description: str = Field("", description="What it means.", examples=["Who looks after the run"])
    values: list[str] = Field([], description="Values it may take; any where empty.", examples=[["north", "south"]])


@router.get("", response={200: LabelsOut, **PROBLEMS}, operation_id="labels", summary="List labels and their rules")
def labels(request: HttpRequest) -> HttpResponse:
    """List the rules, and which labels are in use. Needs `executions:read`."""
    require_scope(request.auth, "read labels", "executions:read")
    in_use = [
        LabelInUseOut(name=each.name, runs=each.runs, distinct=each.distinct, values=each.values)
        for each in queries.labels_in_use()
    ]
    return reply(LabelsOut(rules=[rule_out(rule) for rule in queries.list_label_rules()], in_use=in_use))


@router.put(
    "/{path:name}",
    response={200: LabelRuleOut, **CONFLICT},
    openapi_extra=patches(LabelRuleBody, version=None),
    operation_id="set_label_rule",
    summary="Set the rule of a label",
)
def set_rule(request: HttpRequest, name: str) -> HttpResponse:
    """Make the rule of a label, or replace it. Labels that runs carry stay as they are. Needs `console:manage`."""
    body, _ = read_command(request, LabelRuleBody, "set label rule")
    rule = commands.set_label_rule(request.auth, name, description=body.description, values=body.values)
    rule.refresh_from_db()
    return reply(rule_out(rule))


@router.delete(
    "/{path:name}",
    response={204: None, **CONFLICT},
    operation_id="remove_label_rule",
    summary="Remove the rule of a label",
)
def remove_rule(request: HttpRequest, name: str) -> HttpResponse:
    """Let a label take any value again. Labels that runs carry stay as they are. Needs `console:manage`."""
    commands.remove_label_rule(request.auth, name)
    return no_content()


def rule_out(rule: LabelRule) -> LabelRuleOut:
    """Describe a rule."""
    return LabelRuleOut(name=rule.name, description=rule.description, values=rule.values, updated_at=rule.updated_at)
