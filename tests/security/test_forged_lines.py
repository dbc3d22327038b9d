"""Whatever somebody makes of the data of a line: its history can be read, and says which line was altered."""

from contextlib import suppress

import pytest

from console.api.event_shapes import event_out
from console.api.past_documents import ActOut, BandOut, SpanOut, StretchOut
from console.pages.run_history import lines_of
from console.timeline.table import table_of
from executions.errors import Conflict
from executions.models import Event
from executions.provenance.reading import ALTERED, read
from executions.provenance.verify import verify
from executions.queries import timeline
from executions.queries.boundaries import REPLAYED, Replay
from executions.queries.evidence import _corrections
from executions.queries.fold import Fold
from tests.domain import story
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_page import said
from tests.provenance.chains import lines
from tests.security.forgeries import eventful, forge, forgeries

pytestmark = pytest.mark.usefixtures("db", "effects_table")


@pytest.fixture
def run(cast):
    return eventful(cast)


def title(name: object) -> str:
    return str(name)


def test_every_line_that_was_really_written_can_be_read(run):
    assert [event.kind for event in lines(run.pk) if read(event.kind, event.data) is None] == []


def test_whatever_is_made_of_a_line_its_history_can_still_be_folded_and_told(run):
    events = lines(run.pk)
    run = story.fresh(run)
    tried = unreadable = 0
    for at, event in enumerate(events):
        if event.kind in {before.kind for before in events[:at]} - {"step.finished"}:
            continue
        genuine = event.data
        for _, text in forgeries(event):
            event.data = text
            tried += 1
            unreadable += read(event.kind, text) is None
            told = lines_of([event], title)[0]
            assert (told.mention == ALTERED) == (read(event.kind, text) is None)
            fold_all(run, events)
            list(_corrections(event))
            event_out(event).model_dump_json().encode()
        event.data = genuine
    assert tried > 1000
    assert tried // 4 < unreadable < tried


def fold_all(run, events: list[Event]) -> None:
    read_lines = [
        timeline._line(each.seq, each.at, each.kind, each.actor_name, each.actor_role, each.via, each.reason, each.data)
        for each in events
    ]
    life = Fold(run, read_lines).life(run.state_since)
    table_of(life, title)
    spans = [*life.holds, *life.questions]
    for kind, parts in ((BandOut, life.bands), (SpanOut, spans), (StretchOut, life.stretches), (ActOut, life.acts)):
        for each in parts:
            kind.from_orm(each)
    replayed = Replay()
    for each in events:
        told = read(each.kind, each.data)
        if each.kind in REPLAYED and told is not None:
            with suppress(Conflict):
                replayed.take(each.seq, each.kind, told)
                replayed.now()


def test_a_run_with_forged_lines_says_which_on_every_page_and_refuses_to_guess(cast, run):
    for line in lines(run.pk):
        if line.kind in ("execution.launched", "hold.placed", "payload.amended", "step.finished", "command.denied"):
            forge(line, '{"position":null,"changes":7,"hold":["x"],"name":"\\ud800","long":"' + "long " * 6000 + '"}')
    bad = {problem.seq for problem in verify(run.pk).problems}
    auditor = cast.client("auditor")
    here, of_api = f"/executions/{run.pk}", f"/v1/async-executions/{run.pk}"

    pages = {path: auditor.get(path) for path in (here, f"{here}/evidence", f"/audit?run={run.pk}&routine=on")}
    answers = {path: auditor.get(of_api + path) for path in ("", "/timeline", "/events", "/boundaries", "/checkpoint")}
    (skipped,) = Event.objects.filter(ledger=run.pk, kind="step.skipped").values_list("seq", flat=True)
    past = auditor.get(f"{of_api}/boundaries/{skipped}")

    assert {path: each.status_code for path, each in (pages | answers).items()} == dict.fromkeys(pages | answers, 200)
    assert ALTERED in said(pages[f"{here}/evidence"].content.decode())
    assert "is named in a line that was altered" in said(pages[here].content.decode())
    assert "altered" in {act["kind"] for act in answers["/timeline"].json()["acts"]}
    assert "Changed since it was written" in said(pages[f"/audit?run={run.pk}&routine=on"].content.decode())
    assert (past.status_code, "Line 1 of the history is altered" in past.json()["detail"]) == (409, True)
    assert bad
