"""The tail: every committed line once and in its history's order, however transactions overlap and readers are cut."""

import random
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection, transaction

from console.stack.home import PROJECT
from executions import commands
from executions.actors import SYSTEM
from executions.errors import Gone, Invalid
from executions.models import Event
from executions.provenance import append
from executions.queries import tail
from executions.queries.snapshots import Cursor, Snapshot
from tests.support.services import SERVICES

pytestmark = pytest.mark.usefixtures("live_db")

type Key = tuple[str, int]
WRITE = (
    "INSERT INTO executions_event (ledger, kind, actor_id, actor_name, actor_role, via, reason, data)"
    " SELECT %s, 'hold.noted', 'system', 'system', 'system', 'engine', '', '{}' FROM generate_series(1, %s)"
    " RETURNING seq"
)


class Writer:
    """A connection with a transaction of its own."""

    def __init__(self) -> None:
        self.connection = psycopg.connect(SERVICES.postgres.url)
        self.written: list[Key] = []

    def begin(self) -> None:
        """Be given a transaction id, as whatever writes something else first."""
        self.connection.execute("SELECT pg_current_xact_id()")

    def write(self, ledger: str, lines: int = 1) -> None:
        self.written += [(ledger, seq) for (seq,) in self.connection.execute(WRITE, [ledger, lines])]

    def commit(self) -> list[Key]:
        self.connection.commit()
        written, self.written = self.written, []
        return written

    def roll_back(self) -> None:
        self.connection.rollback()
        self.written = []

    def write_now(self, ledger: str, lines: int = 1) -> list[Key]:
        self.write(ledger, lines)
        return self.commit()


class Reader:
    """Reads on from where it stands, which it only remembers as text."""

    def __init__(self, runs: list[str], lines: int = tail.LINES) -> None:
        self.runs, self.lines = runs, lines
        self.place = str(tail.now())
        self.seen: list[Key] = []

    def read(self, lines: int | None = None) -> list[Key]:
        """Read all there is now; return what was new."""
        found: list[Key] = []
        more = True
        while more:
            batch = tail.after(Cursor.parse(self.place), lines=lines or self.lines)
            found += keys(batch.lines, self.runs)
            self.place, more = str(batch.cursor), batch.more
        self.seen += found
        return found


def keys(lines: tuple[tail.Line, ...], runs: list[str]) -> list[Key]:
    return [(str(line.event.ledger), line.event.seq) for line in lines if str(line.event.ledger) in runs]


def in_order(seen: list[Key]) -> bool:
    last: dict[str, int] = {}
    for ledger, seq in seen:
        if last.get(ledger, seq - 1) != seq - 1:
            return False
        last[ledger] = seq
    return True


@pytest.fixture
def runs(cast) -> list[str]:
    """Ledgers to write into: those of runs that are over, so that nobody else does."""
    admin = cast.actor("admin")
    made = [commands.launch(admin, "noop", {}) for _ in range(5)]
    for run in made:
        commands.cancel(admin, run.pk, reason="only its ledger is wanted")
    return [str(run.pk) for run in made]


@pytest.fixture
def writers() -> Iterator[Callable[[], Writer]]:
    made: list[Writer] = []

    def make() -> Writer:
        made.append(Writer())
        return made[-1]

    yield make
    for writer in made:
        writer.connection.close()


def test_what_is_committed_late_is_told_late_and_not_lost(runs, writers):
    early, late = writers(), writers()
    reader = Reader(runs)
    early.write(runs[0])
    told_first = late.write_now(runs[1])

    assert reader.read() == told_first
    newest = max(Event.objects.filter(ledger=runs[1]).values_list("written_in", flat=True))
    told_late = early.commit()
    assert reader.read() == told_late
    assert reader.read() == []

    # Whoever asks for more than the last number that was seen would have lost it.
    (lost,) = Event.objects.filter(ledger=runs[0], seq=told_late[0][1])
    assert lost.written_in < newest
    assert lost.at < Event.objects.get(ledger=runs[1], seq=told_first[0][1]).at


def test_a_long_transaction_stops_nobody_and_one_that_is_rolled_back_leaves_nothing(runs, writers):
    long, failing, busy = writers(), writers(), writers()
    reader = Reader(runs)
    long.write(runs[0])
    failing.write(runs[1])
    for _ in range(3):
        written = busy.write_now(runs[2])
        assert reader.read() == written
    failing.roll_back()
    assert reader.read() == []
    written = busy.write_now(runs[1])
    assert reader.read() == written
    assert reader.read() == []
    written = long.commit()
    assert reader.read() == written


def test_a_batch_never_tells_a_line_before_the_one_it_follows(runs, writers):
    """The transaction with the smaller number comes second in the history: a batch must not end between the two."""
    small, great = writers(), writers()
    reader = Reader(runs, lines=1)
    small.begin()
    great.begin()
    first = great.write_now(runs[0])
    second = small.write_now(runs[0])

    (one, two) = Event.objects.filter(ledger=runs[0], seq__in=[first[0][1], second[0][1]]).order_by("seq")
    assert two.written_in < one.written_in
    assert reader.read() == first + second


@pytest.mark.parametrize("seed", range(4))
def test_any_schedule_of_transactions_is_told_whole_once_and_in_order(runs, writers, seed):
    chance = random.Random(seed)
    crew = [writers() for _ in range(5)]
    holder: dict[str, Writer] = {}
    committed: list[Key] = []
    readers = [Reader(runs, lines) for lines in (1, 3, 7, 200)]
    for _ in range(250):
        writer = chance.choice(crew)
        match chance.choice(["begin", "write", "write", "write", "commit", "roll back", "read"]):
            case "begin":
                writer.begin()
            case "write":
                # A ledger that another one has written to is locked until that one ends.
                free = [run for run in runs if holder.get(run, writer) is writer]
                if free:
                    run = chance.choice(free)
                    writer.write(run, chance.choice([1, 1, 2, 9]))
                    holder[run] = writer
            case "read":
                chance.choice(readers).read(chance.choice([None, 2, 5]))
            case ending:
                if ending == "commit":
                    committed += writer.commit()
                else:
                    writer.roll_back()
                holder = {run: other for run, other in holder.items() if other is not writer}
    for writer in crew:
        committed += writer.commit()

    assert len(committed) > 100
    for reader in readers:
        reader.read()
        assert sorted(reader.seen) == sorted(committed)
        assert in_order(reader.seen)


def test_a_reader_that_is_cut_anywhere_goes_on_at_the_next_line(runs, writers):
    open_one, writer, bulk = writers(), writers(), writers()
    place = str(tail.now())
    open_one.write(runs[4])
    for run in (0, 1, 0, 2, 1):
        writer.write_now(runs[run], 2)
    bulk.write(runs[3], 30)
    bulk.write(runs[0], 5)
    bulk.commit()
    whole = [
        (key, str(cursor))
        for batch in _batches(place, lines=7)
        for line, cursor in batch.places()
        for key in keys((line,), runs)
    ]
    assert len(whole) == 45
    late = open_one.commit()

    for told, (_, cut_here) in enumerate(whole, 1):
        for lines in (4, 200):
            rest = [key for batch in _batches(cut_here, lines) for key in keys(batch.lines, runs)]
            assert sorted(rest) == sorted([key for key, _ in whole[told:]] + late)
            assert in_order([key for key, _ in whole[:told]] + rest)


def _batches(place: str, lines: int) -> Iterator[tail.Batch]:
    cursor, more = Cursor.parse(place), True
    while more:
        batch = tail.after(cursor, lines=lines)
        yield batch
        cursor, more = batch.cursor, batch.more


def test_it_can_be_read_up_to_a_snapshot_that_was_taken_before(runs, writers):
    late, writer = writers(), writers()
    start = tail.now()
    late.write(runs[0])
    written = writer.write_now(runs[1])
    end = tail.now()
    late.commit()
    writer.write_now(runs[1])

    batch = tail.after(start, until=end.before)

    assert keys(batch.lines, runs) == written
    assert batch.cursor == end
    assert not batch.more


def test_lines_with_much_data_come_in_small_batches(runs, monkeypatch):
    monkeypatch.setattr(tail, "MOST_BYTES", 1000)
    start = tail.now()
    for _ in range(3):
        append(runs[0], "hold.noted", SYSTEM, data={"hold": "x" * 900})

    sizes = [len(batch.lines) for batch in _batches(str(start), lines=200)]

    assert sum(sizes) == 3
    assert max(sizes) < 3


def test_a_transaction_is_not_told_its_own_lines_before_they_are_committed(runs):
    start = tail.now()
    with transaction.atomic():
        append(runs[0], "hold.noted", SYSTEM, data={"hold": "x"})
        batch = tail.after(start)
        assert keys(batch.lines, runs) == []
    assert len(keys(tail.after(batch.cursor).lines, runs)) == 1


def test_from_the_beginning_everything_is_told(runs):
    told = [key for batch in _batches(str(tail.beginning()), lines=500) for key in keys(batch.lines, runs)]

    stored = Event.objects.filter(ledger__in=runs).values_list("ledger", "seq")
    assert sorted(told) == sorted((str(ledger), seq) for ledger, seq in stored)
    assert in_order(told)


@pytest.mark.parametrize("text", ["", "x", "1~2", "1~2~x", "1.2~3", "9" * 30, "1" * 20_000, "1~2~3~4", "١", "1.-2"])
def test_a_cursor_that_is_none_is_refused(text):
    with pytest.raises(Invalid, match="start anew"):
        Cursor.parse(text)


def test_a_cursor_from_elsewhere_is_refused_with_what_to_do():
    with pytest.raises(Gone, match="Start anew"):
        tail.after(Cursor.parse(str(2**50)))


def test_a_place_in_a_batch_that_nobody_was_told_is_refused(runs, monkeypatch):
    """Each page of a batch has all of it put in order: nobody is to make one of the whole record."""
    monkeypatch.setattr(tail, "LONGEST_BATCH", 20)
    start = tail.now()
    with transaction.atomic():
        for _ in range(30):
            append(runs[0], "hold.noted", SYSTEM, data={})
    inside = tail.after(start, lines=10).cursor
    assert inside.told == 10
    tail.check(inside)
    for _ in range(30):
        append(runs[1], "hold.noted", SYSTEM, data={})
    made = Cursor(start.before, tail.now().before, 1)
    with pytest.raises(Invalid, match="start anew"):
        tail.check(Cursor.parse(str(made)))


def test_lines_that_came_with_a_backup_from_another_cluster_are_found_and_moved_as_documented(runs):
    assert tail.lines_of_another_cluster() == 0
    guide = (PROJECT / "docs/how-to/operate.md").read_text()
    (moving,) = [part for part in guide.split("```") if "DISABLE TRIGGER" in part]
    moving = moving.removeprefix("sql").replace("BEGIN;", "").replace("COMMIT;", "")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE executions_event SET written_in = written_in + %s WHERE ledger = %s", [2**50, runs[0]])
        cursor.execute("SET LOCAL session_replication_role = origin")
        assert tail.lines_of_another_cluster() >= 2

        cursor.execute(moving)

        assert tail.lines_of_another_cluster() == 0
        told = [key for batch in _batches(str(tail.beginning()), lines=500) for key in keys(batch.lines, runs)]
        assert len(told) == Event.objects.filter(ledger__in=runs).count()
        transaction.set_rollback(True)


@pytest.mark.parametrize("statement", ["MEASURE", "FOLLOWS", "READ"])
def test_what_is_new_is_looked_for_in_no_index_that_has_only_some_lines(runs, statement):
    """An empty list of transactions would imply the condition of any of those, and one would be walked whole."""
    asked = {**tail._between(Snapshot(1_000_000), Snapshot(2_000_000)), "told": 0, "lines": 200, "bytes": 1_000_000}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'executions_event' AND indexdef LIKE '% WHERE %'"
        )
        partial = {name for (name,) in cursor.fetchall()}
        cursor.execute("SET LOCAL enable_seqscan = off; DROP INDEX event_written_in")
        cursor.execute(f"EXPLAIN (COSTS OFF) {getattr(tail, statement)}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    assert len(partial) >= 4
    assert not {name for name in partial if name in plan}, plan
