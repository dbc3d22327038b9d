"""The house keeps its shape: imports go one way, files stay readable, the docs name what exists."""

import ast
import re
from pathlib import Path

import pytest

from console.stack.home import PROJECT
from executions import access, states

FORBIDDEN = {
    "executions": ("console", "workflows", "holdpoint_client", "tests", "bench", "ninja", "allauth", "django_htmx"),
    "workflows": ("console", "holdpoint_client", "tests", "bench", "executions.engine", "executions.provenance"),
    "console": ("tests", "bench", "holdpoint_client", "workflows"),
    "client": ("django", "ninja", "celery", "psycopg", "console", "executions", "workflows", "tests", "bench"),
}
LONGEST = 320
"""Lines. The aim is 250; what is longer than this wants two rooms."""


def sources(package: str) -> list[Path]:
    """Return the Python files of a package, migrations left out."""
    return [path for path in sorted((PROJECT / package).rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> set[str]:
    """Return the modules a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_go_one_way(package):
    wrong = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in sources(package)
        for name in imports(path)
        if name.startswith(tuple(f"{other}." for other in FORBIDDEN[package])) or name in FORBIDDEN[package]
    ]
    assert wrong == []


def test_states_imports_nothing_of_djangos_and_of_ours_only_the_scopes():
    assert imports(PROJECT / "executions" / "states.py") == {"collections.abc", "dataclasses", "executions.access"}
    of_access = imports(PROJECT / "executions" / "access.py")
    assert all(name == "typing" or name.startswith("django.") for name in of_access)


def test_the_console_holds_no_sql():
    wrong = [
        str(path.relative_to(PROJECT))
        for path in [*sources("console/pages"), *sources("console/api")]
        if re.search(r"\.cursor\(\)|RawSQL|\bSELECT \b.*\bFROM\b", path.read_text())
    ]
    assert wrong == []


def test_only_commands_and_the_engine_write_lifecycle_facts():
    facts = r"(outcome|lease_until|cancel_requested_at|open_holds|open_suspensions|epoch|steps_done)="
    wrong = [
        str(path.relative_to(PROJECT))
        for package in ("console", "executions", "workflows")
        for path in sources(package)
        if not {"commands", "engine"} & set(path.parts)
        and re.search(rf"\.(update|create)\([^)]*{facts}", path.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_file_grows_out_of_hand(package):
    long = {
        str(path.relative_to(PROJECT)): lines
        for path in sources(package)
        if (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_every_state_command_and_scope_is_in_the_docs():
    told = (PROJECT / "docs" / "concepts" / "states.md").read_text() + (
        PROJECT / "docs" / "concepts" / "roles.md"
    ).read_text()
    missing = [word for word in (*states.STATES, *states.COMMAND_SCOPE, *access.SCOPES) if word not in told]
    assert missing == []


def test_every_engine_setting_is_in_the_docs(settings):
    told = (PROJECT / "docs" / "reference" / "settings.md").read_text()
    missing = [name for name in settings.HOLDPOINT if f"HOLDPOINT_{name}" not in told]
    assert missing == []


def test_every_link_between_the_docs_leads_somewhere():
    broken = []
    for page in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]:
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        broken += [
            f"{page.relative_to(PROJECT)} → {target}" for target in targets if not (page.parent / target).exists()
        ]
    assert broken == []
