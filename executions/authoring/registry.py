"""Which workflows this process knows. Filled by importing the modules named in ``HOLDPOINT_WORKFLOWS``."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from executions.authoring.workflow import Workflow

_workflows: dict[str, "Workflow"] = {}
_doubles: list[tuple["Workflow", "Workflow"]] = []


def register(workflow: "Workflow") -> None:
    """Remember a workflow; a second one of the same name is reported by the system checks."""
    first = _workflows.setdefault(workflow.name, workflow)
    if first is not workflow and first.where != workflow.where:
        _doubles.append((first, workflow))


def find(name: str) -> "Workflow | None":
    """Return the workflow of this name, or None."""
    return _workflows.get(name) if isinstance(name, str) else None


def all_names() -> list[str]:
    """Return the names of all known workflows, sorted."""
    return sorted(_workflows)


def all_workflows() -> list["Workflow"]:
    """Return all known workflows, sorted by title."""
    return sorted(_workflows.values(), key=lambda workflow: workflow.title)


def doubles() -> list[tuple["Workflow", "Workflow"]]:
    """Return pairs of workflows that claim the same name."""
    return list(_doubles)


def autodiscover() -> None:
    """Import the modules that hold workflows, and the direct submodules of those that are packages.

    Raises:
        ImproperlyConfigured: a named module does not exist; better at start than at the first run.
        ImportError: it exists, but one that it imports does not.
    """
    for name in settings.HOLDPOINT["WORKFLOWS"]:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            raise ImproperlyConfigured(
                f"HOLDPOINT_WORKFLOWS names {name!r}, which cannot be found: {error}. "
                "Is the directory that holds it on PYTHONPATH?"
            ) from None
        for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
            if found.name not in ("apps", "migrations", "management", "models", "admin"):
                importlib.import_module(f"{name}.{found.name}")
