"""A run as an open page looks at it: light to read again and again, with what tells whether anything has changed."""

import uuid

from django.db.models import CharField, Func, OuterRef, QuerySet, Subquery

from executions.commands.base import parse_id
from executions.errors import NotFound
from executions.models import Event, Execution, Ledger

BY_THE_WAY = ("step.logged", "tool.executed", "item.failed")
"""Lines that change nothing of a run but its history."""


class _DigestOfText(Func):
    """A digest of a column's text, so that a large one need not travel to be compared."""

    template = "md5(%(expressions)s::text)"
    output_field = CharField()


def find_watched(execution_id: uuid.UUID | str, *, with_payload: bool = True) -> Execution:
    """Return one run with ``last_line``, ``last_told`` and ``payload_digest``; one query.

    Args:
        execution_id: which.
        with_payload: read the payload too; else it is read when it is asked for.

    Raises:
        NotFound: there is no such run.
    """
    lines = Event.objects.filter(ledger=OuterRef("pk"))
    told = lines.exclude(kind__in=BY_THE_WAY).order_by("-seq").values("seq")[:1]
    runs: QuerySet[Execution] = Execution.objects.annotate(
        last_line=Subquery(Ledger.objects.filter(pk=OuterRef("pk")).values("seq")),
        last_told=Subquery(told),
        payload_digest=_DigestOfText("payload"),
    )
    try:
        return (runs if with_payload else runs.defer("payload")).get(pk=parse_id(execution_id, "run"))
    except Execution.DoesNotExist:
        raise NotFound(f"There is no run with the id {execution_id}.") from None
