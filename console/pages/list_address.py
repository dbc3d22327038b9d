"""The list's address: what is filtered, in which order, with which columns, from which page on."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from console.spans import SPANS
from executions import queries
from executions.errors import Invalid
from executions.models.desk import COLUMNS

LONGEST_TEXT = 200
TEXTS = ("workflow", "label", "q", "launched_by", "held_by", "hold", "freeze", "parent")
MOMENTS = ("launched_from", "launched_before", "finished_from", "finished_before")
FILTERS = ("state", *TEXTS, "needs", "launched", "finished", *MOMENTS)
"""Parameters that choose runs, in the order addresses have them."""
SHOWN = ("sort", "columns")
"""Parameters that say how they are shown."""


@dataclass(frozen=True, slots=True)
class ListAddress:
    """What the list's address says, cleaned: empty parameters and those without meaning left out.

    Args:
        parameters: names and values, in a fixed order.
        view: id of the saved view one came by, as text.
    """

    parameters: tuple[tuple[str, str], ...] = ()
    view: str = ""

    def get(self, name: str) -> str:
        """Return a parameter's value; empty where it is not given."""
        return next((value for key, value in self.parameters if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a parameter."""
        return tuple(value for key, value in self.parameters if key == name)

    @property
    def sort(self) -> str:
        """The order asked for."""
        return self.get("sort") or "newest"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns asked for; empty where the person's own are shown."""
        return tuple(column for column in self.get("columns").split(",") if column in COLUMNS)

    def shown(self) -> list[tuple[str, str]]:
        """Return the parameters that say how the runs are shown."""
        return [each for each in self.parameters if each[0] in SHOWN]

    @property
    def filter_query(self) -> str:
        """The filter alone, as a query."""
        return urlencode([each for each in self.parameters if each[0] in FILTERS])

    @property
    def query(self) -> str:
        """Filter, order and columns as a query: what a saved view keeps."""
        return urlencode(self.parameters)

    def wanted(self) -> queries.RunFilter:
        """Return the filter as the domain takes it.

        Raises:
            Invalid: a time that is none.
        """
        now = timezone.now()
        span = {
            name: now - SPANS[self.get(word)][1]
            for word, name in (("launched", "launched_from"), ("finished", "finished_from"))
            if self.get(word) in SPANS
        }
        span |= {name: read_moment(self.get(name), name) for name in MOMENTS if self.get(name)}
        texts = {name: self.get(name) for name in ("workflow", "label", "launched_by", "parent", "held_by", "freeze")}
        return queries.RunFilter(
            states=self.all("state"),
            text=self.get("q"),
            hold_kind=self.get("hold"),
            needs_person=bool(self.get("needs")),
            **texts,
            **span,
        )

    def url(self, cursor: str | None = None, **changed: str | Iterable[str]) -> str:
        """Return the list's address.

        Args:
            cursor: of the page; the first one where empty.
            changed: parameters that differ; an empty one is left out.
        """
        changed_to = self.but(**changed)
        parameters = [*changed_to.parameters, *([("view", self.view)] if self.view else [])]
        parameters += [("cursor", cursor)] if cursor else []
        return reverse("executions") + (f"?{urlencode(parameters)}" if parameters else "")

    def but(self, **changed: str | Iterable[str]) -> "ListAddress":
        """Return it with some parameters changed."""
        kept = [(name, value) for name, value in self.parameters if name not in changed]
        for name, value in changed.items():
            kept += [(name, each) for each in ([value] if isinstance(value, str) else value) if each]
        return replace(self, parameters=_in_order(kept))


def read_address(query: QueryDict) -> ListAddress:
    """Read what an address says of the list."""

    def text(name: str) -> str:
        return query.get(name, "").strip()[:LONGEST_TEXT]

    found = [("state", state) for state in dict.fromkeys(query.getlist("state")) if state][:9]
    found += [(name, text(name)) for name in TEXTS]
    found += [(name, _zoned(text(name))) for name in MOMENTS]
    found += [("needs", "1" if text("needs") else "")]
    found += [(name, text(name)) for name in ("launched", "finished") if text(name) in SPANS]
    found += [("sort", text("sort") if text("sort") != "newest" else "")]
    # A form sends each column by itself, an address all at once.
    columns = [column for sent in query.getlist("columns") for column in sent.split(",") if column in COLUMNS]
    found += [("columns", ",".join(dict.fromkeys(columns)))]
    return ListAddress(_in_order([each for each in found if each[1]]), text("view"))


def read_filter(query: QueryDict) -> queries.RunFilter:
    """Read the filter from an address.

    Raises:
        Invalid: a time that is none.
    """
    return read_address(query).wanted()


def _in_order(parameters: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    places = {name: place for place, name in enumerate((*FILTERS, *SHOWN))}
    return tuple(sorted(parameters, key=lambda each: places[each[0]]))


def _zoned(text: str) -> str:
    """Return a time as somebody typed it, in UTC, so that the address says the same to everybody."""
    try:
        return read_moment(text, "").isoformat() if text else ""
    except Invalid:
        return text


def read_moment(text: str, name: str) -> datetime.datetime:
    """Read a time; one without a zone is in the person's.

    Args:
        text: as ISO 8601.
        name: of the field, for the error.

    Raises:
        Invalid: it is no time.
    """
    try:
        moment = datetime.datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else timezone.make_aware(moment)
        return moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        problem = f"{text[:40]!r} is no date and time. Write it like 2026-03-09T14:30."
        raise Invalid(problem, errors={name: [problem]}) from None
