"""Who may write to the tables, without owning them, still cannot act in silence."""

import pytest
from django.db import Error, transaction

from executions.models import Ledger, Record
from tests.domain import story

pytestmark = pytest.mark.usefixtures("db")


def refused(*statements: str, match: str) -> None:
    """Check that PostgreSQL refuses these statements as one transaction."""
    with pytest.raises(Error, match=match), transaction.atomic():  # noqa: PT012
        for sql in (*statements, "SET CONSTRAINTS ALL IMMEDIATE"):
            story.execute(sql)


@pytest.fixture
def run(cast):
    return story.launch(cast)


def test_a_ledgers_head_cannot_be_moved_by_hand(run):
    refused("UPDATE executions_ledger SET seq = seq + 1", match="append-only")
    refused("UPDATE executions_ledger SET seq = seq + 1, digest = ''", match="append-only")
    assert Ledger.objects.get(pk=run.pk).seq == len(story.events(run))


def test_a_head_moved_by_hand_is_no_pretext_for_a_silent_transition(run):
    refused(
        "UPDATE executions_ledger SET seq = seq + 1, written_in = pg_current_xact_id()::text::bigint",
        "UPDATE executions_execution SET outcome = 'failed', finished_at = clock_timestamp()",
        match="append-only",
    )
    assert story.fresh(run).state == "queued"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE executions_record SET value = '1'",
        "UPDATE executions_record SET key = 'other'",
        "DELETE FROM executions_record",
        "TRUNCATE executions_record",
    ],
)
def test_what_a_step_has_done_cannot_be_undone_or_changed(sql, run):
    Record.objects.create(execution_id=run.pk, position=0, step="post", key="post invoice 1", value={"posted": True})
    refused(sql, match="[Cc]annot")
    assert Record.objects.get(execution_id=run.pk).value == {"posted": True}
