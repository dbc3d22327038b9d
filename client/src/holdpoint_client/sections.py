"""Help in sections: commands that belong together stand together, in the order in which people meet them."""

import os
import sys
from typing import Any, ClassVar, TextIO

from typer.core import TyperCommand, TyperGroup

from holdpoint_client.failures import Exit, unwritable, usage


class Sectioned(TyperGroup):
    """A group of commands whose help has sections; commands that no section names come last."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names in the order of the sections."""
        named = [name for names in self.sections.values() for name in names]
        return named + [name for name in self.commands if name not in named]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each part of the commands."""
        rest = tuple(self.list_commands(ctx)[sum(map(len, self.sections.values())) :])
        longest = max(map(len, self.commands))
        for title, names in [*self.sections.items(), ("Commands", rest)]:
            rows = [(name, self.commands[name].get_short_help_str(formatter.width - 6 - longest)) for name in names]
            if rows:
                with formatter.section(title):
                    # Padded by hand, so that all sections have one column.
                    formatter.write_dl([(name.ljust(longest), help) for name, help in rows])


class Plain(TyperCommand):
    """A command whose help names its arguments by their names alone, without Python's types."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what it takes."""
        arguments = [each.get_help_record(ctx) for each in self.params if each.param_type_name == "argument"]
        options = [each.get_help_record(ctx) for each in self.get_params(ctx) if each.param_type_name == "option"]
        told = [(name.partition(" ")[0], help) for name, help in filter(None, arguments)]
        for title, rows in (("Arguments", told), ("Options", list(filter(None, options)))):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class Top(Sectioned):
    """`holdpoint` itself."""

    sections: ClassVar = {
        "Runs": ("execution", "inbox", "hold", "freeze", "bulk", "workflow", "open"),
        "From outside and to it": ("event", "trigger", "webhook", "api"),
        "What happened": ("events", "audit"),
        "You and the server": ("login", "logout", "whoami", "preferences", "profiles", "token"),
        "The installation": ("view", "label", "reason", "system"),
    }

    def invoke(self, ctx: Any) -> Any:
        """Carry out the command; what it prints may be unwanted, or find no room.

        Raises:
            Failure: a text cannot be printed, or was given in letters that cannot be sent.
            SystemExit: whoever read the output has enough of it, as `head` has.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _let_go(sys.stdout)
            raise SystemExit(Exit.DONE) from None
        except OSError as error:
            _let_go(sys.stdout)
            raise unwritable(error.filename or "The output", error) from None
        except UnicodeEncodeError:
            raise usage("A text that was given is not written in UTF-8.") from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; of one that stands in groups only, such as ``pause``, say in which."""
        if args and args[0] not in self.commands:
            groups = [
                name for name in self.list_commands(ctx) if args[0] in getattr(self.commands[name], "commands", {})
            ]
            if groups:
                meant = " or ".join(f"'{name} {args[0]}'" for name in groups[:3])
                ctx.fail(f"No such command '{args[0]}'. Did you mean {meant}?")
        return super().resolve_command(ctx, args)


class Runs(Sectioned):
    """`holdpoint execution`."""

    sections: ClassVar = {
        "Look": (
            *("list", "count", "status", "events", "timeline", "tree"),
            *("payload", "diff", "boundaries", "checkpoint", "evidence"),
        ),
        "Steer": ("launch", "pause", "resume", "cancel", "retry", "skip", "fork", "extend"),
        "Correct": ("amend", "label", "files"),
    }


def _let_go(stream: TextIO) -> None:
    # What is still to be written would make Python complain once more at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
