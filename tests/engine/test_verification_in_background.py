"""The verification of the whole record in a worker: progress, a worker that dies, one that stops, giving up."""

import json
import threading

import pytest
from django.db import connection, transaction

from executions.commands.audit import ask_for_verification
from executions.engine import checking
from executions.models import SYSTEM_LEDGER, Check, Event
from tests.engine.watching import execute
from tests.provenance.chains import make_run

GOES_ON = threading.Event()


class Between(threading.Event):
    """Looks at the verification between its batches, and asks it to stop once it has gone so far."""

    def __init__(self, most: int = 10**9) -> None:
        super().__init__()
        self.most = most
        self.seen: list[int] = []

    def wait(self, timeout: float | None = None) -> bool:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT checked FROM executions_check WHERE finished_at IS NULL")
            self.seen += [checked for (checked,) in cursor.fetchall()]
        other.close()
        return len(self.seen) >= self.most


def carry_out(name: str, stop: threading.Event = GOES_ON) -> bool:
    thread = checking.begin(name, stop)
    if thread is not None:
        thread.join(240)
    return thread is not None


@pytest.fixture
def asked(live_db, cast, monkeypatch):
    """A verification that nobody is at; none is left behind."""
    while carry_out("tidy"):
        pass
    with transaction.atomic():
        make_run(30)
    total = Event.objects.count()
    monkeypatch.setattr("executions.provenance.judge.BATCH", total // 3)
    yield ask_for_verification(cast.actor("auditor"))
    execute("UPDATE executions_check SET lease_until = NULL, tries = 0 WHERE finished_at IS NULL")
    while carry_out("tidy"):
        pass


def test_its_outcome_is_the_act_of_who_asked_and_progress_is_told_on_the_way(asked):
    between = Between()
    assert carry_out("w1", between)

    asked.refresh_from_db()
    line = Event.objects.get(ledger=SYSTEM_LEDGER, seq=asked.line)
    told = json.loads(line.data)
    assert (line.kind, line.actor_name, line.via) == ("audit.verified", "auditor", "console")
    assert (told["check"], told["events"]) == (str(asked.pk), asked.checked)
    assert len(between.seen) >= 3
    assert between.seen == sorted(set(between.seen))
    assert 0 < between.seen[0] < asked.total <= asked.checked
    assert not carry_out("w1"), "nothing is left to do"


def test_a_worker_that_stops_leaves_it_to_another_at_once(asked):
    assert carry_out("w1", Between(most=1))
    asked.refresh_from_db()
    assert (asked.owner, asked.finished_at, asked.tries) == (None, None, 0)

    assert carry_out("w2")
    asked.refresh_from_db()
    assert (asked.owner, asked.tries) == ("w2", 1)
    assert asked.finished_at is not None


def test_a_worker_that_died_is_followed_by_another_once_its_lease_is_over(asked):
    taken = "UPDATE executions_check SET owner = 'dead', tries = 1, lease_until = now() + %s * interval '1 second'"
    execute(f"{taken} WHERE id = %s", [60, asked.pk])
    assert not carry_out("w2"), "somebody is at it"
    execute(f"{taken} WHERE id = %s", [-1, asked.pk])

    assert carry_out("w2")
    asked.refresh_from_db()
    assert (asked.owner, asked.tries) == ("w2", 2)
    assert Event.objects.filter(kind="audit.verified", data__contains=str(asked.pk)).count() == 1


def test_who_has_lost_the_lease_writes_nothing_more(asked):
    class Overtaken(Between):
        def wait(self, timeout=None):
            if not self.seen:
                other = connection.copy()
                with other.cursor() as cursor:
                    cursor.execute("UPDATE executions_check SET owner = 'w2' WHERE finished_at IS NULL")
                other.close()
            return super().wait(timeout)

    assert carry_out("w1", Overtaken())
    asked.refresh_from_db()
    assert (asked.owner, asked.finished_at) == ("w2", None)


def test_what_never_comes_to_its_end_is_given_up_and_that_is_on_record(asked):
    execute("UPDATE executions_check SET tries = %s WHERE id = %s", [checking.MOST_TRIES, asked.pk])

    assert carry_out("w1")
    asked.refresh_from_db()
    line = Event.objects.get(ledger=SYSTEM_LEDGER, seq=asked.line)
    assert (line.kind, line.actor_id) == ("audit.verification_failed", "policy:verification")
    assert "never came to its end" in line.reason


def test_of_two_workers_one_takes_it(asked):
    threads = [checking.begin(name, GOES_ON) for name in ("w1", "w2")]
    for thread in filter(None, threads):
        thread.join(240)
    assert [thread is None for thread in threads] == [False, True]
    assert Check.objects.get(pk=asked.pk).owner == "w1"
