"""The reference page's definition, its worked example, the database and the Python twin agree."""

import hashlib
import json
import re

import pytest
from django.db import connection

from console.stack.home import PROJECT
from executions.provenance import statements
from executions.provenance.diagnose import line_of
from executions.provenance.digests import frame
from tests.provenance.chains import make_run

PAGE = (PROJECT / "docs" / "reference" / "event-chain.md").read_text()
FIELDS = ["ledger", "seq", "at", "kind", "actor_id", "actor_name", "actor_role", "via", "reason", "data_digest", "prev"]


def test_the_worked_example_can_be_recomputed_from_the_page():
    example = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.S)[1])
    data_digest = hashlib.sha256(bytes.fromhex(example["salt"]) + example["data"].encode()).hexdigest()
    framed = b"".join(frame(str({**example, "data_digest": data_digest}[name])) for name in FIELDS)
    shown = [line.strip() for line in PAGE.splitlines() if line.startswith("    ")]
    assert data_digest in shown
    assert framed.decode() in shown
    assert hashlib.sha256(framed).hexdigest() in shown


def test_the_page_gives_the_fields_in_their_order():
    definition = PAGE.split("## Definition of the digest")[1].split("frame(text)")[0]
    assert re.findall(r"frame\((\w+)\)", definition) == FIELDS


@pytest.mark.django_db
def test_the_python_twin_gives_the_digests_that_the_database_wrote():
    run = make_run()
    with connection.cursor() as cursor:
        cursor.execute(f"{statements.IN_LEDGER} ORDER BY seq", {"ledger": run})
        lines = [line_of(row) for row in cursor.fetchall()]
    assert len(lines) == 6
    for line, before in zip(lines, [None, *lines], strict=False):
        assert line.is_genuine
        assert line.has_its_data
        assert line.prev == (before.digest if before else b"")
        assert line.recomputed(line.seq + 1) != line.digest
