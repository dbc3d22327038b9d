"""The docs keep up with the code: every public name is there, examples run, links lead somewhere."""

import inspect
import re
from dataclasses import fields
from unittest.mock import ANY

import pytest

import executions
from console.stack.home import PROJECT
from executions import Context, FileRules, Workflow, commands, queries, run_inline
from executions.authoring import InlineResult, StoredFile, registry
from executions.authoring.context import Lifecycle, Resumed
from tests.support.loops import away_from_loops

AUTHORING = (PROJECT / "docs/reference/authoring.md").read_text()
PAGES = [PROJECT / "README.md", PROJECT / "ARCHITECTURE.md", *sorted((PROJECT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def public(cls: type) -> set[str]:
    """Return a class's public methods and the attributes its instances are given."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("executions.")]
    given = {name for base in ours for name in re.findall(r"self\.([a-z]\w*)(?:: [^=\n]+)? =", inspect.getsource(base))}
    return given | {name for base in ours for name in vars(base) if not name.startswith("_")}


def mentioned(name: str) -> bool:
    """Tell whether a name stands in the reference as code."""
    return re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", AUTHORING) is not None


@pytest.mark.parametrize("name", executions.__all__)
def test_every_name_that_authors_import_is_documented(name):
    assert mentioned(name)


CLASSES = [item for name in executions.__all__ if inspect.isclass(item := getattr(executions, name))]
HANDED_OUT = [Lifecycle, StoredFile, InlineResult, Resumed]
"""Not imported by authors, but met by them."""
CALLS = [FileRules, Workflow, Workflow.step, Workflow.route, Workflow.pause, run_inline]
CALLS += [method for name, method in inspect.getmembers(Context, callable) if not name.startswith("_")]


@pytest.mark.parametrize("cls", CLASSES + HANDED_OUT)
def test_every_public_attribute_is_documented(cls):
    names = public(cls) | ({field.name for field in fields(cls)} if hasattr(cls, "__dataclass_fields__") else set())
    names -= {"load"}  # how a stored file fetches its bytes is its own affair
    assert {name for name in names if not mentioned(name)} == set()


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__qualname__)
def test_every_argument_is_documented(function):
    arguments = set(inspect.signature(function).parameters) - {"self", "function", "args", "kwargs", "items"}
    assert {name for name in arguments if not mentioned(name)} == set()


def described(item: object) -> bool:
    """Tell whether a name has words of its own; a dataclass without any gets its signature as its docstring."""
    text = inspect.getdoc(item) or ""
    return bool(text) and not text.startswith(f"{getattr(item, '__name__', '')}(")


@pytest.mark.parametrize("name", executions.__all__)
def test_every_name_that_authors_import_has_a_docstring(name):
    item = getattr(executions, name)
    methods = inspect.getmembers(item, inspect.isroutine) if inspect.isclass(item) else []
    ours = {method: found for method, found in methods if not method.startswith("_")}
    builtin = set(dir(dict)) | set(dir(BaseException))
    assert [name for name in [item, *(ours[key] for key in ours if key not in builtin)] if not described(name)] == []


@pytest.mark.parametrize("package", [commands, queries], ids=["commands", "queries"])
def test_every_command_and_query_has_a_docstring(package):
    assert [
        name for name in package.__all__ if callable(getattr(package, name)) and not described(getattr(package, name))
    ] == []


def test_every_check_of_definitions_is_documented():
    known = set(re.findall(r"executions\.E\d+", (PROJECT / "executions/checks.py").read_text()))
    assert len(known) > 3
    assert {name for name in known if not mentioned(name)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page):
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/write-a-workflow.md"])
def test_the_example_workflow_does_what_the_page_says(page, forgotten_afterwards):
    paid = []
    names = {"pay_back": lambda order, cents, key: paid.append((order, cents)), "__name__": "refunds"}
    example = next(block for block in BLOCK.findall((PROJECT / page).read_text()) if "Workflow(" in block)
    own = "def pay_back" in example
    exec(example, names)  # noqa: S102  (our own page)
    refunds = names["refunds"]
    assert run_inline(refunds, {"orders": "A-1 900\nA-2 75000"}).open_question == "A-2"
    refused = run_inline(refunds, {"orders": "A-1 900\nA-2 75000"}, answers={"A-2": {"approved": False}})
    assert (refused.state, refused.payload["due"]) == ("succeeded", {"A-1": 900})
    allowed = run_inline(refunds, {"orders": "A-1 900\nA-2 75000"}, answers={"A-2": {"approved": True}})
    assert allowed.payload["due"] == {"A-1": 900, "A-2": 75000}
    assert own or paid == [("A-1", 900), ("A-1", 900), ("A-2", 75000)]


APPROVE, YES, NO = {"decision": "approve"}, {"answer": True}, {"answer": False}
STYLES = [
    ("batch", {"names": ["a"]}, {"pay": APPROVE}, {"paid": 1}),
    ("agent", {}, {"refund": APPROVE}, {"thread": ANY}),
    ("always", {}, {"review": {"approved": False, "notes": ""}}, {"published": False}),
    ("when-unsure", {"confidence": 95}, {}, {"published": True}),
    ("when-unsure", {"confidence": 60}, {"review": {"approved": False, "notes": ""}}, {"published": False}),
    ("refund", {"amount": 500}, {}, {"approved": True}),
    ("refund", {"amount": 501}, {"approve": NO}, {"approved": False}),
    ("order", {"amount": 7}, {"size": {"answer": "M"}, "approval": APPROVE}, {"charged": "7 charged"}),
    ("order", {"amount": 7}, {"size": {"answer": "M"}, "approval": "expired"}, {"why": "expired"}),
    ("fleet", {"sites": ["lima", "quito"]}, {"quito/seen": YES}, {"in_order": ["lima", "quito"]}),
]
"""Workflow of the page, payload, answers, and what comes of it."""


@pytest.mark.parametrize(("name", "payload", "answers", "outcome"), STYLES)
def test_every_style_does_what_the_page_says(name, payload, answers, outcome, monkeypatch):
    monkeypatch.setattr(registry, "_workflows", {})
    monkeypatch.setattr(registry, "_doubles", [])
    page = (PROJECT / "docs/how-to/every-style.md").read_text()
    for example in BLOCK.findall(page):
        if "Workflow(" in example:
            exec(example, {"__name__": "styles"})  # noqa: S102  (our own page)
    flow = registry.find(name)
    if answers:
        waiting = away_from_loops(run_inline, flow, payload)
        assert waiting.state == "suspended", waiting.error
    done = away_from_loops(run_inline, flow, payload, answers=answers)
    assert done.state == "succeeded", done.error
    assert {field: done.payload[field] for field in outcome} == outcome


def test_the_page_of_styles_names_every_demo_workflow():
    page = (PROJECT / "docs/how-to/every-style.md").read_text()
    demos = {path.name for path in (PROJECT / "workflows").glob("*.py") if "= Workflow(" in path.read_text()}
    assert len(demos) > 5
    assert {name for name in demos if f"workflows/{name}" not in page} == set()


@pytest.fixture
def forgotten_afterwards(monkeypatch):
    """Workflows made in a test are not there for the next one."""
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    monkeypatch.setattr(registry, "_doubles", list(registry._doubles))
