"""Mistakes in workflow definitions and own templates, found at start-up by Django's system checks."""

import re
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.forms import BaseForm
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from executions.authoring import registry
from executions.notice_templates import TEMPLATES


@register("workflows")
def check_workflows(**_: Any) -> list[CheckMessage]:
    """Report every mistake in the known workflows, with file and line.

    Returns:
        Errors with the ids ``executions.E001`` (name taken), ``E002`` (bad name), ``E003`` (no steps),
        ``E004`` (input is no form), ``E005`` (a step, hook or pause is defined wrongly) and ``E006`` (the route
        names no step).
    """
    found: list[CheckMessage] = []
    for first, second in registry.doubles():
        found.append(
            Error(
                f"Two workflows are called {second.name!r}.",
                hint=f"Rename one. {first.where} and {second.where}",
                id="executions.E001",
            )
        )
    for workflow in registry.all_workflows():
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", workflow.name):
            hint = f"Use small letters, digits and hyphens, 60 at most. {workflow.where}"
            found.append(Error(f"{workflow.name!r} is no workflow name.", hint=hint, id="executions.E002"))
        if not workflow.steps:
            found.append(Error(f"{workflow.name} has no steps.", hint=workflow.where, id="executions.E003"))
        if workflow.input is not None and not (
            isinstance(workflow.input, type) and issubclass(workflow.input, BaseForm)
        ):
            hint = f"Give a Django form class. {workflow.where}"
            found.append(Error(f"The input of {workflow.name} is no form.", hint=hint, id="executions.E004"))
        for problem, where in workflow.route_problems():
            found.append(Error(problem, hint=where, id="executions.E006"))
    for workflow in (*registry.all_workflows(), *(second for _, second in registry.doubles())):
        for problem, where in workflow.problems:
            found.append(Error(problem, hint=where, id="executions.E005"))
    return found


@register("notifications")
def check_notifications(**_: Any) -> list[CheckMessage]:
    """Report templates of messages that cannot be read: own ones, mostly.

    Returns:
        Errors with the id ``notifications.E001``.
    """
    found: list[CheckMessage] = []
    for name in TEMPLATES:
        try:
            get_template(name)
        except (TemplateDoesNotExist, TemplateSyntaxError) as error:
            hint = "Mend it, or leave it out of HOLDPOINT_TEMPLATES."
            found.append(Error(f"The template {name} cannot be read: {error}", hint=hint, id="notifications.E001"))
    return found
