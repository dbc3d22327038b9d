"""What a process measures of itself: kept in memory, added to the rows every few seconds by a thread of its own.

Nobody waits for a statistic: measuring takes no lock that is held over a query, and while the database is away the
sums stay here. A process that is killed takes with it what it measured in the last seconds.
"""

import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction

from executions.meters.catalogue import CATALOGUE, bucket_of

logger = logging.getLogger("holdpoint.meters")

FLUSH_SECONDS = 5.0
LEVEL_SECONDS = 20.0
"""What a process told of itself longer ago no longer counts."""
MOST_SERIES = 2000
"""Combinations of labels of one process. They come from the code, so this is never reached; a mistake stays bounded."""

# Of two processes that add at once one waits for the other; in the order of the keys, so that they never block.
ADD = """
INSERT INTO executions_meter AS meter (name, labels, count, total, buckets, at)
VALUES (%s, %s, %s, %s, %s, now())
ON CONFLICT (name, labels) DO UPDATE SET
    count = meter.count + EXCLUDED.count, total = meter.total + EXCLUDED.total, at = now(),
    buckets = ARRAY(SELECT coalesce(mine, 0) + coalesce(more, 0)
                    FROM unnest(meter.buckets, EXCLUDED.buckets) WITH ORDINALITY AS both_of(mine, more, place)
                    ORDER BY place)
"""
TELL = """
INSERT INTO executions_meter (name, labels, total, buckets, at) VALUES (%s, %s, %s, '{}', now())
ON CONFLICT (name, labels) DO UPDATE SET total = EXCLUDED.total, at = now()
"""
FORGET = "DELETE FROM executions_meter WHERE name = ANY (%s) AND at < now() - interval '1 hour'"

type Key = tuple[str, str]


class Tally:
    """What was observed for one combination of labels since it was last added to the rows."""

    __slots__ = ("buckets", "count", "total")

    def __init__(self, places: int) -> None:
        self.count = 0
        self.total = 0.0
        self.buckets = [0] * places


class Memory:
    """The sums of this process."""

    def __init__(self) -> None:
        self._tallies: dict[Key, Tally] = {}
        self._levels: dict[str, Callable[[], float]] = {}
        self._lock = threading.Lock()
        self._pid = 0

    def observe(self, name: str, value: float, *labels: str) -> None:
        """Count one observation.

        Args:
            name: a histogram of the catalogue.
            value: in its unit.
            labels: their values, in the catalogue's order.
        """
        metric = CATALOGUE[name]
        key = (name, json.dumps(labels, ensure_ascii=False))
        with self._lock:
            tally = self._tallies.get(key)
            if tally is None:
                if len(self._tallies) >= MOST_SERIES:
                    return
                tally = self._tallies[key] = Tally(len(metric.buckets) + 1)
            tally.count += 1
            tally.total += value
            tally.buckets[bucket_of(metric, value)] += 1
        self._start()

    def level(self, name: str, read: Callable[[], float]) -> None:
        """Have a level of this process told from now on.

        Args:
            name: a gauge of the catalogue; the values of all processes are added up.
            read: returns the level now.
        """
        self._levels[name] = read

    def flush(self) -> None:
        """Add what was observed to the rows; if that fails it stays here.

        Raises:
            django.db.Error: the database is away.
        """
        with self._lock:
            taken, self._tallies = self._tallies, {}
        try:
            self._write(taken)
        except BaseException:
            self._put_back(taken)
            raise

    def _write(self, taken: dict[Key, Tally]) -> None:
        levels = {name: read() for name, read in self._levels.items()}
        # All of it or nothing: what fails is put back, and must not have been added in part.
        with transaction.atomic(), connection.cursor() as cursor:
            added = [(*key, tally.count, tally.total, tally.buckets) for key, tally in sorted(taken.items())]
            if added:
                cursor.executemany(ADD, added)
            for name, value in levels.items():
                cursor.execute(TELL, [name, json.dumps([own_name()]), value])
            if levels:
                cursor.execute(FORGET, [list(levels)])

    def _put_back(self, taken: dict[Key, Tally]) -> None:
        with self._lock:
            for key, tally in taken.items():
                newer = self._tallies.setdefault(key, Tally(len(tally.buckets)))
                newer.count += tally.count
                newer.total += tally.total
                newer.buckets = [one + other for one, other in zip(newer.buckets, tally.buckets, strict=True)]

    def _start(self) -> None:
        """Start the thread at the first observation of a process that lives on; again after a fork."""
        if self._pid == os.getpid() or getattr(settings, "HOLDPOINT_PROCESS", "") not in ("web", "worker"):
            return
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
        threading.Thread(target=self._work, name="meters", daemon=True).start()

    def _work(self) -> None:
        pause: Any = threading.Event()
        complained = False
        while True:
            pause.wait(FLUSH_SECONDS)
            try:
                self.flush()
                complained = False
            except Exception as error:
                if not complained:
                    logger.warning("What was measured is kept until the database is back: %s", str(error)[:200])
                complained = True
            finally:
                connections.close_all()


def own_name() -> str:
    """Return the name of this process among all that tell their levels."""
    return f"{socket.gethostname()}-{os.getpid()}"


memory = Memory()
observe = memory.observe
level = memory.level
flush = memory.flush
