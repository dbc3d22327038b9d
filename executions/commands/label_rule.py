"""Commands on rules for labels: what a label means and which values it takes. And the check against them."""

from collections.abc import Iterable, Mapping

from django.db.models.functions import Now

from executions.actors import Actor
from executions.commands.base import command, require_scope
from executions.commands.managing import MANAGE_SCOPE
from executions.errors import Conflict, Invalid, NotFound
from executions.models import SYSTEM_LEDGER, LabelRule
from executions.provenance import append
from executions.text import clean_short

MOST_RULES = 200
MOST_VALUES = 100
LONGEST_NAME = 60
LONGEST_VALUE = 100


@command("set label rule")
def set_label_rule(actor: Actor, name: str, *, description: str = "", values: Iterable[str] = ()) -> LabelRule:
    """Make the rule of a label, or change it. Labels that runs carry already stay as they are.

    Args:
        actor: who sets it; needs ``console:manage``.
        name: the label's.
        description: what it means.
        values: those it may take; any where empty.

    Returns:
        The rule.

    Raises:
        NotAllowed, Invalid, Conflict: as their names say.
    """
    require_scope(actor, MANAGE_SCOPE)
    name = clean_short(name, "name", LONGEST_NAME)
    if not name:
        raise Invalid("Give the label's name.", errors={"name": ["Give the label's name."]})
    wanted = {"description": clean_short(description, "description"), "values": _clean_values(values)}
    before = LabelRule.objects.select_for_update().filter(pk=name).first()
    if before is None and LabelRule.objects.count() >= MOST_RULES:
        raise Conflict(f"There are {MOST_RULES} rules already. Delete one that nobody needs.")
    was = None if before is None else {"description": before.description, "values": before.values}
    rule, _ = LabelRule.objects.update_or_create(name=name, defaults={**wanted, "updated_at": Now()})
    if was != wanted:
        append(SYSTEM_LEDGER, "label_rule.set", actor, data={"name": name, **wanted, "before": was})
    return rule


@command("remove label rule")
def remove_label_rule(actor: Actor, name: str) -> None:
    """Remove the rule of a label: it takes any value again. Labels that runs carry stay as they are.

    Args:
        actor: who removes it; needs ``console:manage``.
        name: the label's.

    Raises:
        NotFound, NotAllowed: as their names say.
    """
    require_scope(actor, MANAGE_SCOPE)
    rule = LabelRule.objects.filter(pk=name).first()
    if rule is None:
        raise NotFound(f"There is no rule for the label {name[:60]}.")
    data = {"name": rule.name, "description": rule.description, "values": rule.values}
    rule.delete()
    append(SYSTEM_LEDGER, "label_rule.removed", actor, data=data)


def check_label_values(labels: Mapping[str, str]) -> None:
    """Go on only if labels that have a rule take one of its values.

    Args:
        labels: values by name; those to be set, not those a run carries already.

    Raises:
        Invalid: one does not; says which values it takes.
    """
    if not labels:
        return
    rules = LabelRule.objects.in_bulk(list(labels))
    wrong = [
        f"{name} takes one of: {', '.join(rules[name].values)}; not {value!r}."
        for name, value in labels.items()
        if name in rules and rules[name].values and value not in rules[name].values
    ]
    if wrong:
        raise Invalid(" ".join(wrong), errors={"labels": wrong})


def _clean_values(values: Iterable[str]) -> list[str]:
    cleaned = list(dict.fromkeys(filter(None, (clean_short(value, "values", LONGEST_VALUE) for value in values))))
    if len(cleaned) > MOST_VALUES:
        problem = f"At most {MOST_VALUES} values; a label with more takes any."
        raise Invalid(problem, errors={"values": [problem]})
    return cleaned
