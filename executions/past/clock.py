"""A clock that stands in the past: how the demo comes by a history that is true.

Nothing is made up here. Real commands, the real engine and the real triggers write what they always write, on one
connection to which the database tells another time. So whatever holds of a run holds of these: the chain, the counters,
the order of its events. Why it is done so: docs/decisions/0016-a-true-past.md.
"""

import datetime
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Field
from django.db.models.functions import Now
from django.utils import timezone

from executions import ids
from executions.engine.post import office
from executions.models import SYSTEM_LEDGER, Check, Event

MISSING = object()
SCHEMA = "holdpoint_past"
MOMENT = "holdpoint.past"

# Names without a schema are looked up along the search path; put in front of pg_catalog, these are what `now()` means
# on this connection, in every statement and trigger. The clock ticks, as the real one does within a transaction.
CLOCK = f"""
CREATE SCHEMA {SCHEMA};
CREATE FUNCTION {SCHEMA}.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('{MOMENT}')::timestamptz $$;
CREATE FUNCTION {SCHEMA}.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('{MOMENT}')::timestamptz $$;
CREATE FUNCTION {SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT set_config('{MOMENT}', (current_setting('{MOMENT}')::timestamptz + interval '1 millisecond')::text,
                            false)::timestamptz $$;
"""
DROP_CLOCK = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
FORWARD = f"SELECT set_config('{MOMENT}', (greatest(current_setting('{MOMENT}')::timestamptz, %s))::text, false)"


class NotADemo(Exception):
    """Outside of demo mode nothing is written under any time but the present."""


class AlreadyVerified(Exception):
    """Somebody has verified the record: whatever came to be dated earlier from now on would look like tampering."""


class Past:
    """The time that one connection lives in, while it writes the demo's past.

    Use it as a context manager, in the process's main thread, with nothing else going on in that process.
    """

    def __init__(self) -> None:
        self.moment = timezone.now()
        self._stack = ExitStack()

    def __enter__(self) -> "Past":
        """Put the clock in front.

        Raises:
            NotADemo: the installation is not in demo mode.
        """
        if not settings.HOLDPOINT_DEMO:
            raise NotADemo("Only a demo has a past that was written afterwards. Start with HOLDPOINT_DEMO=1.")
        with ExitStack() as stack:
            stack.enter_context(_clock_in_front())
            stack.enter_context(office.silence())
            stack.enter_context(_replaced(timezone, "now", self.now))
            stack.enter_context(_replaced(ids, "milliseconds", lambda: int(self.moment.timestamp() * 1000)))
            for field in _fields_dated_by_the_database():
                stack.enter_context(_dated_by(field, self.now))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def now(self) -> datetime.datetime:
        """Return the time it is there (aware, UTC)."""
        return self.moment

    @contextmanager
    def at(self, moment: datetime.datetime) -> Iterator[None]:
        """Begin at a moment; what happens in the block becomes visible at its end, all at once.

        So no worker meets a run whose story is only half told.

        Args:
            moment: when it begins (aware).

        Raises:
            AlreadyVerified: the record has been verified; nothing of the block is kept.
        """
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT set_config('{MOMENT}', %s, false)", [moment.isoformat()])
            self.moment = moment
            yield
            if _was_verified():
                raise AlreadyVerified

    def forward(self, seconds: float) -> datetime.datetime:
        """Let time pass.

        Args:
            seconds: how long.

        Returns:
            The time it is then.
        """
        return self.forward_to(self.moment + datetime.timedelta(seconds=max(seconds, 0)))

    def forward_to(self, moment: datetime.datetime) -> datetime.datetime:
        """Let time pass until a moment; time that has passed already stays as it is."""
        with connection.cursor() as cursor:
            cursor.execute(FORWARD, [moment])
            self.moment = datetime.datetime.fromisoformat(cursor.fetchone()[0])
        return self.moment


def _was_verified() -> bool:
    told = Event.objects.filter(ledger=SYSTEM_LEDGER, kind="audit.verified")
    return Check.objects.exists() or told.exists()


@contextmanager
def _clock_in_front() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        (path,) = cursor.fetchone()
        cursor.execute(DROP_CLOCK)
        cursor.execute(CLOCK)
        cursor.execute(f"SELECT set_config('{MOMENT}', pg_catalog.now()::text, false)")
        cursor.execute("SELECT set_config('search_path', %s, false)", [f"{SCHEMA}, pg_catalog, {path}"])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('search_path', %s, false)", [path])
            cursor.execute(DROP_CLOCK)


def _fields_dated_by_the_database() -> "list[Field[Any, Any]]":
    """Return the columns whose default is the present: such a default is resolved where the table is made."""
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field.db_default, Now)
    ]


@contextmanager
def _dated_by(field: "Field[Any, Any]", now: Callable[[], datetime.datetime]) -> Iterator[None]:
    with _replaced(field, "default", now), _replaced(field, "_get_default", now):
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = owner.__dict__.get(name, MISSING)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
