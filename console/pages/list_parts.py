"""What stands around the rows of the list: tabs, chips, orders, columns, views, and what can be done to many."""

from dataclasses import dataclass

from django.utils import timezone

from console.pages.bulk_words import WORDS, Words
from console.pages.list_address import FILTERS, SPANS, ListAddress, read_moment
from executions import queries, states
from executions.actors import Actor
from executions.authoring import registry
from executions.models import Preference, SavedView
from executions.models.desk import COLUMNS
from executions.queries.order import Order

USUAL_COLUMNS = ("progress", "held", "since", "launched")
COLUMN_TITLES = {
    "progress": "Progress",
    "held": "Held or waiting",
    "since": "In this state",
    "launched": "Launched",
    "finished": "Finished",
    "owner": "Launched by",
    "labels": "Labels",
    "priority": "Priority",
}
SORT_TITLES = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "since": "Longest in state",
    "priority": "Highest priority",
    "finished": "Last finished",
}
BULK = ("pause", "resume", "place", "label", "retry", "cancel")
"""Commands offered for selected runs, in the order of their buttons."""
MOST_TABS = 12
ENDS = ("from", "before")
CHIPS = {
    "workflow": "Workflow",
    "label": "Label",
    "launched_by": "Launched by",
    "held_by": "Held by",
    "hold": "Held",
    "freeze": "Kept by the freeze",
    "needs": "Needs",
    "launched": "Launched in",
    "launched_from": "Launched from",
    "launched_before": "Launched before",
    "finished": "Finished in",
    "finished_from": "Finished from",
    "finished_before": "Finished before",
    "parent": "Children of",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A state tab.

    Args:
        state: one of ``states.STATES``; empty for all.
        count: how many runs it leads to.
        url: the list under exactly that filter.
        current: is the one shown.
    """

    state: str
    count: queries.Count
    url: str
    current: bool

    @property
    def label(self) -> str:
        """The state in words."""
        return self.state.capitalize() or "All"


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter, with the address of the list without it."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class ViewTab:
    """A view one click away.

    Args:
        name: what it is called.
        url: the list as it shows it.
        current: is the one shown.
        saved: the row, if somebody saved it.
        changed: the list shows something else than what was saved.
        may_change: the person may replace what it shows.
    """

    name: str
    url: str
    current: bool
    saved: SavedView | None = None
    changed: bool = False
    may_change: bool = False


def tabs(address: ListAddress, wanted: queries.RunFilter, counts: dict[str, queries.Count]) -> list[Tab]:
    """Return the tabs with their counts, by state."""
    total = queries.Count(
        sum(count.number for count in counts.values()), any(count.capped for count in counts.values())
    )
    if total.capped:
        total = queries.Count(queries.COUNT_CAP, capped=True)
    every = Tab("", total, address.url(state=""), not wanted.states)
    return [every] + [
        Tab(state, counts[state], address.url(state=state), wanted.states == (state,)) for state in states.STATES
    ]


def chips(address: ListAddress) -> list[Chip]:
    """Return the parts of the filter, each with the way to do without it; tabs and search say theirs themselves."""
    found = []
    if len(chosen := address.all("state")) > 1:
        found = [
            Chip("State", state, address.url(state=[each for each in chosen if each != state])) for state in chosen
        ]
    for name, title in CHIPS.items():
        if value := address.get(name):
            found.append(Chip(title, _said(name, value), address.url(**{name: ""})))
    return found


def _said(name: str, value: str) -> str:
    if name == "workflow":
        workflow = registry.find(value)
        return workflow.title if workflow else value
    if name in ("launched", "finished"):
        return SPANS[value][0]
    if name == "needs":
        return "a person"
    if name == "hold":
        return f"by {value}"
    return f"{timezone.localtime(read_moment(value, name)):%-d %b %Y %H:%M %Z}" if name.endswith(ENDS) else value


def filters_chosen(address: ListAddress) -> int:
    """Return how many parts of the filter are set behind its button."""
    return len([name for name in CHIPS if address.get(name)])


def sorts_for(address: ListAddress, wanted: queries.RunFilter) -> list[tuple[str, str, str]]:
    """Return name, title and address of every order that the filter allows."""
    possible = [name for name in queries.SORTS if queries.order_of(wanted, name).name == name]
    return [(name, SORT_TITLES[name], address.url(sort=name if name != "newest" else "")) for name in possible]


def listed_states(wanted: queries.RunFilter, order: Order) -> tuple[str, ...]:
    """Return the states that an order alone narrows the list to; none where it lists what the filter selects."""
    listed = queries.states_in(wanted, order)
    return listed if len(listed) < len(wanted.states or states.STATES) else ()


def matching_count(counted: list[Tab], chosen: tuple[str, ...]) -> queries.Count:
    """Return how many runs the list has on all its pages: the sum of its states' tabs."""
    of_states = [tab.count for tab in counted if (tab.state in chosen if chosen else not tab.state)]
    number, capped = sum(count.number for count in of_states), any(count.capped for count in of_states)
    return queries.Count(min(number, queries.COUNT_CAP), capped or number > queries.COUNT_CAP)


def summary_of(shown: int, order: Order, narrowed: tuple[str, ...]) -> str:
    """Say what the page lists, in which order."""
    which = ""
    if narrowed:
        which = " finished" if set(narrowed) <= states.FINISHED else " unfinished"
    return f"{shown}{which} shown, {SORT_TITLES[order.name][:1].lower()}{SORT_TITLES[order.name][1:]}"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns shown besides state and title.

    Args:
        names: in their order.
    """

    names: tuple[str, ...]

    @property
    def titled(self) -> list[tuple[str, str]]:
        """Name and title of each."""
        return [(name, COLUMN_TITLES[name]) for name in self.names]

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Name, title and whether it is shown, of every column there is."""
        return [(name, COLUMN_TITLES[name], name in self.names) for name in COLUMNS]

    @property
    def owner(self) -> bool:
        """Who launched has a column, so the title need not say it."""
        return "owner" in self.names

    @property
    def labels(self) -> bool:
        """Labels have a column."""
        return "labels" in self.names


def columns_for(address: ListAddress, preference: Preference) -> Columns:
    """Return the columns shown: those of the address, else the person's, else the usual ones."""
    own = tuple(column for column in preference.columns if column in COLUMNS)
    return Columns(address.columns or own or USUAL_COLUMNS)


@dataclass(frozen=True, slots=True)
class TimeField:
    """The fields for a span of launching or finishing, as the address fills them."""

    name: str
    title: str
    span: str
    from_value: str
    before_value: str


def time_fields(address: ListAddress) -> list[TimeField]:
    """Return the fields for both spans."""
    return [
        TimeField(name, name.capitalize(), address.get(name), *(_local(address.get(f"{name}_{end}")) for end in ENDS))
        for name in ("launched", "finished")
    ]


def _local(text: str) -> str:
    """Return a time as the browser's field takes it: in the person's zone, without naming it."""
    return timezone.localtime(read_moment(text, "")).strftime("%Y-%m-%dT%H:%M") if text else ""


def view_tabs(address: ListAddress, actor: Actor) -> list[ViewTab]:
    """Return the views one click away: those everybody has, a person's own, shared ones. One query.

    Of very many, the first and the one that is shown; the page of views has them all.
    """
    filters = [each for each in address.parameters if each[0] in FILTERS and each[0] != "state"]
    built_in = {
        "All": ListAddress(),
        "Needs a person": ListAddress((("needs", "1"),)),
        "Launched by me": ListAddress((("launched_by", actor.person),)),
        "Held by me": ListAddress((("held_by", actor.person),)),
    }
    found = []
    saved = queries.views_for(actor)
    known = any(str(view.pk) == address.view for view in saved)
    for name, own in built_in.items():
        found.append(ViewTab(name, own.url(), not known and filters == list(own.parameters)))
    for place, view in enumerate(saved):
        current = str(view.pk) == address.view
        if place >= MOST_TABS and not current:
            continue
        may_change = actor.can("console:manage") if view.shared else view.owner_id == actor.user_id
        url = _url_of(view)
        found.append(ViewTab(view.name, url, current, view, current and view.query != address.query, may_change))
    return found


def _url_of(view: SavedView) -> str:
    return f"{ListAddress().url()}?{'&'.join(filter(None, [view.query, f'view={view.pk}']))}"


def bulk_commands(actor: Actor) -> list[tuple[str, Words]]:
    """Return the commands that the person may give to many runs, with the words for them."""
    return [(name, WORDS[name]) for name in BULK if actor.can(states.COMMAND_SCOPE[name])]
