"""What commands have in common, written once: the session they begin with, --json, and the choice of many runs."""

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any, get_args

import typer
from typer.models import OptionInfo

from holdpoint_client.choosing import Choice
from holdpoint_client.commands.options import (
    DryRun,
    Everything,
    Filters,
    Json,
    Key,
    ManyRunIds,
    NoWait,
    OfJob,
    Rate,
    Yes,
)
from holdpoint_client.jobs import Manner
from holdpoint_client.session import Session

type Command = Callable[..., None]

CONTEXT = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
AS_JSON = Parameter("as_json", Parameter.POSITIONAL_OR_KEYWORD, annotation=Json, default=False)


def framed(command: Command, *, documents: bool = True) -> Command:
    """Make what typer calls from what a command does.

    Args:
        command: takes a session, then arguments and options of its own.
        documents: it can print the API's documents, and has --json for that.
    """
    _, *own = inspect.signature(command).parameters.values()

    @functools.wraps(command)
    def begin(context: typer.Context, as_json: bool = False, **given: Any) -> None:
        command(context.obj.begin(as_json), **given)

    return _with_signature(begin, [CONTEXT, *own, *([AS_JSON] if documents else [])])


def on_many(command: Command) -> Command:
    """Give a command the options that choose runs, and those that say in which manner it is carried out on many.

    Args:
        command: takes a session, a choice and a manner, then options of its own.
    """
    session, _, _, *own = inspect.signature(command).parameters.values()
    ids, *shared = inspect.signature(_chosen).parameters.values()
    first = [each for each in own if each.default is Parameter.empty]
    rest = [each for each in own if each not in first]

    @functools.wraps(command)
    def begin(session: Session, **given: Any) -> None:
        chosen = {each.name: given.pop(each.name) for each in (ids, *shared)}
        command(session, *_chosen(**chosen), **given)

    return _with_signature(begin, [session, *first, ids, *rest, *shared])


def _chosen(
    ids: ManyRunIds = None,
    filter: Filters = None,
    every: Everything = False,
    of_job: OfJob = "",
    rate: Rate = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    yes: Yes = False,
    key: Key = None,
) -> tuple[Choice, Manner]:
    choice = Choice(ids or [], filter or [], every, of_job, previewed=dry_run).checked()
    return choice, Manner(yes, dry_run, not no_wait, rate, key)


def _say_what_it_takes(parameter: Parameter) -> None:
    """Name what an option takes where it does not do so itself; typer would print Python's types."""
    for its in getattr(parameter.annotation, "__metadata__", ()):
        kind = str(get_args(parameter.annotation)[0])
        if isinstance(its, OptionInfo) and not its.metavar and "bool" not in kind:
            its.metavar = "NUMBER" if "int" in kind or "float" in kind else "TEXT"


def _with_signature(command: Command, parameters: list[Parameter]) -> Command:
    for each in parameters:
        _say_what_it_takes(each)
    # typer reads the options of a command here.
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command
