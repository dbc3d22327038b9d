"""Which runs a command is for: ids, everything that matches a filter, or those of an earlier job."""

import sys
from dataclasses import dataclass, field
from typing import Any

from holdpoint_client.api import Api
from holdpoint_client.failures import usage
from holdpoint_client.ids import find_job, find_run, find_runs
from holdpoint_client.values import moment

FILTERS = (
    "state",
    "workflow",
    "label",
    "q",
    "launched-by",
    "held-by",
    "hold",
    "freeze",
    "needs",
    "parent",
    "launched",
    "finished",
    "launched-from",
    "launched-before",
    "finished-from",
    "finished-before",
)
"""Names in --filter; those of the API have underscores."""
MOMENTS = ("launched-from", "launched-before", "finished-from", "finished-before")


@dataclass(frozen=True, slots=True)
class Choice:
    """The runs that were chosen, in one of the ways.

    Args:
        ids: these; one ``-`` reads them from standard input.
        filters: texts ``name=value`` that runs must match.
        everything: all runs.
        job: an earlier job; those on which it was carried out.
        previewed: nothing is done; the server is to tell what would be.
    """

    ids: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    everything: bool = False
    job: str = ""
    previewed: bool = False

    @property
    def by_server(self) -> bool:
        """Whether the server makes the list, or only tells; else the ids are all there is."""
        return bool(self.filters or self.everything or self.job or self.previewed)

    def checked(self) -> "Choice":
        """Return the choice itself.

        Raises:
            Failure: it chooses nothing, or in two ways.
        """
        if bool(self.ids) + bool(self.filters or self.everything) + bool(self.job) != 1:
            raise usage("Say which runs: ids, or --filter NAME=VALUE, or --all, or --of-job JOB; one of these.")
        if self.filters and self.everything:
            raise usage("--all is every run; leave out --filter, or --all.")
        return self

    def selection(self, api: Api) -> dict[str, Any]:
        """Return the choice as `POST /v1/bulk` takes it.

        Raises:
            Failure: a filter is none, or an id is not found.
        """
        if self.job:
            return {"job": find_job(api, self.job).id}
        if self.ids:
            return {"ids": [run.id for run in find_runs(api, read_ids(self.ids))]}
        return {"filter": filter_of(api, self.filters)}


def read_ids(ids: list[str]) -> list[str]:
    """Return ids; a ``-`` stands for those on standard input, one a line."""
    if ids != ["-"]:
        return ids
    read = [line.split()[0] for line in sys.stdin if line.strip()]
    if not read:
        raise usage("Standard input holds no id.")
    return read


def filter_of(api: Api, filters: list[str]) -> dict[str, Any]:
    """Return filters as the API takes them.

    Args:
        api: the server, for a parent given by the beginning of its id.
        filters: texts ``NAME=VALUE``.

    Raises:
        Failure: one is none.
    """
    wanted: dict[str, Any] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if name not in FILTERS or not equals or not value:
            raise usage(f"--filter {text[:60]}: write NAME=VALUE, where NAME is one of {', '.join(FILTERS)}.")
        told = name.replace("-", "_")
        if name == "state":
            wanted.setdefault("state", []).extend(part for part in value.split(",") if part)
            continue
        if told in wanted:
            raise usage(f"--filter {name} is given twice; only state may be.")
        wanted[told] = _value(api, name, value)
    return wanted


def _value(api: Api, name: str, value: str) -> Any:
    if name == "parent":
        return find_run(api, value).id
    if name in MOMENTS:
        return moment(value, f"--filter {name}")
    if name == "needs":
        if value not in ("true", "false"):
            raise usage("--filter needs: write needs=true, for runs that need a person.")
        return value == "true"
    return value
