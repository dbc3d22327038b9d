"""One run's history, newest first, narrowed by what its lines are about, by whom, and by words."""

import uuid
from typing import Any

from django.db.models import CharField, Func, Q
from django.db.models.functions import Length

from executions.models import Event
from executions.provenance.kinds import REFUSED_KINDS
from executions.queries.timeline import ASKS_FOR_JSON, server_version

LONG = 20_000
"""Characters of data; of longer ones only what is short is read, so that a page of payloads stays a small page."""


class _Told(Func):
    """The data of a line, without its large fields where it is long."""

    asked, looks = "%(expressions)s IS JSON OBJECT", "starts_with(%(expressions)s, '{')"
    # A name such as "\\ud800" is well formed, and still none that PostgreSQL can write.
    writable = r"%(expressions)s !~* '\\u(0000|d[89a-f])'"
    template = f"""CASE WHEN length(%(expressions)s) <= {LONG} THEN %(expressions)s WHEN {asked} AND {writable} THEN (
        SELECT coalesce(json_object_agg(key, value), '{{}}')::text FROM json_each(%(expressions)s::json)
        WHERE length(value::text) <= 500) ELSE '{{}}' END"""  # noqa: S608
    output_field = CharField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        """Return the expression; PostgreSQL 15 cannot ask whether a text is JSON."""
        asks = server_version() >= ASKS_FOR_JSON
        template = self.template if asks else self.template.replace(self.asked, self.looks)
        return super().as_sql(compiler, connection, template=template, **context)


SUBJECTS: dict[str, Q] = {
    "steps": Q(kind__startswith="step.") & ~Q(kind="step.logged") | Q(kind__startswith="lease."),
    "holds": Q(kind__startswith="hold.")
    | Q(kind__startswith="freeze.")
    | Q(kind__in=("execution.paused", "execution.resumed")),
    "questions": Q(kind__startswith="suspension."),
    "data": Q(kind__in=("payload.amended", "file.replaced", "execution.launched", "step.skipped")),
    "limits": Q(kind__startswith="sla.") | Q(kind__startswith="budget."),
    "refused": Q(kind__in=REFUSED_KINDS),
    "logs": Q(kind__in=("step.logged", "tool.executed", "item.failed")),
}
"""What lines can be about → those that are."""


def newest(
    ledger: uuid.UUID,
    *,
    before: int | None = None,
    acts_only: bool = False,
    about: str = "",
    person: str = "",
    text: str = "",
    limit: int = 50,
) -> list[Event]:
    """Return a stretch of a run's history, newest first; one query over this ledger alone.

    Args:
        ledger: the run's id.
        before: only lines with a smaller sequence number.
        acts_only: only what people and programs did, not what the engine wrote by itself.
        about: one of ``SUBJECTS``; anything else narrows nothing.
        person: part of the name of who did it.
        text: part of the reason, the kind or the data.
        limit: most lines.

    Returns:
        Events with ``told``, their data as JSON text, and ``size``, how long the data are; ``data`` itself is not read.
    """
    lines = Event.objects.filter(SUBJECTS.get(about, Q()), ledger=ledger)
    if before is not None:
        lines = lines.filter(seq__lt=before)
    if acts_only:
        lines = lines.exclude(via="engine")
    # Nothing that is stored holds a NUL, and PostgreSQL refuses to look for one.
    if person:
        lines = lines.filter(actor_name__icontains=person.replace("\x00", "␀"))
    if text:
        words = text.replace("\x00", "␀")
        lines = lines.filter(Q(reason__icontains=words) | Q(kind__icontains=words) | Q(data__icontains=words))
    lines = lines.annotate(size=Length("data"), told=_Told("data")).defer(
        "data", "salt", "prev", "digest", "data_digest"
    )
    return list(lines.order_by("-seq")[:limit])
