"""Every kind of event is documented, and what is documented exists."""

import ast
import json
import re

from console.stack.home import PROJECT
from executions import commands
from executions.models import Event
from executions.provenance.kinds import KINDS, as_markdown

PAGE = PROJECT / "docs" / "reference" / "events.md"
SHAPE = re.compile(r"[a-z_]+\.[a-z_]+")
FAMILIES = {kind.partition(".")[0] for kind in KINDS}


def sources():
    for package in ("executions", "console", "workflows"):
        for path in sorted((PROJECT / package).rglob("*.py")):
            if "migrations" not in path.parts and not path.name.startswith("kinds"):
                yield path


def appended(tree: ast.AST) -> set[str]:
    """Return what is passed to append(), append_each() and Line() as a kind, spelled out."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [(call, call.func.id) for call in calls if isinstance(call.func, ast.Name)]
    kinds = [call.args[1] for call, name in named if name == "append" and len(call.args) >= 3]
    kinds += [call.args[0] for call, name in named if name == "append_each" and len(call.args) >= 3]
    kinds += [call.args[0] for call, name in named if name == "Line" and len(call.args) == 2]
    return {kind.value for kind in kinds if isinstance(kind, ast.Constant)}


def inserted(tree: ast.AST) -> set[str]:
    """Return the kinds that SQL writes: quoted in a statement that inserts events, or in a choice among them."""
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    texts = ["".join(part.value for part in node.values if isinstance(part, ast.Constant)) for node in joined]
    telling = [text for text in texts if "INSERT INTO" in text or text.startswith("\nCASE")]
    quoted = {match for text in telling for match in re.findall(r"'([a-z_]+\.[a-z_]+)'", text)}
    return {text for text in quoted if text.partition(".")[0] in FAMILIES}


def written_by_code() -> set[str]:
    found: set[str] = set()
    for path in sources():
        tree = ast.parse(path.read_text())
        found |= appended(tree) | inserted(tree)
    return found


def test_every_kind_that_code_writes_is_described_and_no_other():
    written = written_by_code()
    assert written - KINDS.keys() == set(), "describe these in executions/provenance/kinds.py"
    assert KINDS.keys() - written == set(), "nothing writes these"
    assert all(SHAPE.fullmatch(kind) for kind in KINDS)


def test_the_reference_page_prints_every_kind_as_described():
    text = PAGE.read_text()
    assert as_markdown().strip() in text, (
        "print executions.provenance.kinds.as_markdown() into docs/reference/events.md"
    )


def test_commands_write_the_data_that_is_described(cast):
    person = cast.actor("admin")
    run = commands.launch(person, "asking")
    hold = commands.pause(person, run.pk, reason="Look")
    commands.annotate(person, hold.pk, text="Looked")
    commands.amend_payload(person, run.pk, changes={"a": 1}, reason="Put right")
    commands.resume(person, run.pk, note="Go on")
    commands.cancel(person, run.pk, reason="Enough")
    events = list(Event.objects.filter(ledger=run.pk))
    assert len(events) >= 6
    for event in events:
        described = KINDS[event.kind].data
        fields = set(json.loads(event.data))
        assert fields <= {name.rstrip("?") for name in described}, event.kind
        assert {name for name in described if not name.endswith("?")} <= fields, event.kind
