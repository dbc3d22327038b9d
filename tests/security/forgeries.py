"""A run whose history has a line of every kind, and what somebody may make of the data of one."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from executions import commands
from executions.actors import SYSTEM
from executions.errors import NotAllowed
from executions.models import Event, Execution
from executions.provenance import append, kinds_of_authority, kinds_of_runs
from executions.provenance.kinds_of_policies import POLICY_KINDS
from executions.provenance.kinds_of_triggers import TRIGGER_KINDS
from tests.domain import story
from tests.provenance.chains import tamper

KINDS = kinds_of_runs.KINDS | kinds_of_authority.KINDS | POLICY_KINDS | TRIGGER_KINDS
GONE = object()
VALUES = (GONE, None, 7, -1, 1.5, True, ["x"], {"x": []}, "", "long " * 6000, "half \ud800", "none \x00")
"""What a field is made to be."""
WHOLE = ("7", "null", '"x"', "[]", "{}", '{"x":NaN}', '{"position":1e999}', "[" * 5000 + "]" * 5000, "no JSON", "")
"""What all the data are made to be."""
PLAUSIBLE: dict[str, Any] = {
    "position": 0,
    "attempt": 1,
    "version": 1,
    "ms": 2.5,
    "seconds": 60,
    "ahead": [],
    "payload": {"a": 1},
    "changes": {"a": 2},
    "before": {"a": 1},
    "result": {},
    "children": {"child-1": str(uuid.uuid4())},
    "budgets": {"euros": 1},
    "files": [{"name": "a.txt"}],
    "who": {"group": "finance"},
    "data": {},
    "from_seq": 1,
    "answer": {"approved": True},
    "hold": str(uuid.uuid4()),
    "suspension": str(uuid.uuid4()),
}


def eventful(cast: Any) -> Execution:
    """Make a run that was held, asked, corrected, sent back and forked, and add a line of each kind it has none of."""
    admin = cast.actor("admin")
    run = commands.launch(cast.actor("operator"), "journey", {"load": "tea"})
    run = story.work(run)
    hold = commands.pause(admin, run.pk, reason="Look")
    commands.annotate(admin, hold.pk, text="Looked")
    commands.amend_payload(admin, run.pk, changes={"load": "salt"}, reason="Typed wrongly")
    with pytest.raises(NotAllowed):
        commands.cancel(cast.actor("auditor"), run.pk, reason="Out")
    commands.resume(admin, run.pk, note="On")
    commands.skip(admin, run.pk, result={"stamp": "waived"}, reason="Nobody there")
    commands.pause(admin, run.pk, reason="Wrong turn")
    commands.retry(admin, run.pk, position=1, reason="Once more")
    commands.resume(admin, run.pk, note="On")
    run = story.work(run)
    there = set(Event.objects.filter(ledger=run.pk).values_list("kind", flat=True))
    ending = {"execution.succeeded", "execution.failed", "execution.cancelled", "execution.cancel_requested"}
    for kind in KINDS.keys() - there - ending - {"execution.launched"}:
        fields = [name.rstrip("?") for name in KINDS[kind].data]
        told = {name: PLAUSIBLE.get(name, "x") for name in fields}
        append(run.pk, kind, SYSTEM, data=told | ({"before": "x"} if kind == "file.replaced" else {}))
    return run


def forgeries(line: Event) -> Iterator[tuple[str, str]]:
    """Yield what the data of a line can be made: what was done, and the text."""
    told = json.loads(line.data)
    for name in told:
        for value in VALUES:
            forged = {key: each for key, each in told.items() if key != name}
            if value is not GONE:
                forged[name] = value
            yield f"{line.kind}: {name} = {str(value)[:20]!a}", json.dumps(forged)
    for text in WHOLE:
        yield f"{line.kind}: {text[:20]}", text


def forge(line: Event, text: str) -> None:
    """Write the data of a line behind the triggers' back."""
    tamper("UPDATE executions_event SET data = %s WHERE ledger = %s AND seq = %s", text, line.ledger, line.seq)
