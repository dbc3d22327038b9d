"""`manage.py audit_export`: write the record as JSON Lines."""

import datetime
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from executions.commands.audit import ON_THE_SERVER, begin_export
from executions.errors import Refused
from executions.provenance.export import Selection, export
from executions.queries.audit import ledger_called


class Command(BaseCommand):
    help = (
        "Write events as JSON Lines to stdout or a file; tools/verify_export.py verifies them anywhere. "
        "Only whole ledgers (no --since, no --until) can be verified completely. The export is recorded."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ledger", metavar="ID", help="only this run's ledger, or the word system")
        parser.add_argument("--since", metavar="TIME", help="from this time on; ISO 8601, UTC where no zone is given")
        parser.add_argument("--until", metavar="TIME", help="before this time")
        parser.add_argument("--output", metavar="FILE", type=Path, help="instead of stdout; must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ledger = ledger_called(options["ledger"]) if options["ledger"] else None
            selection = Selection(ledger, _time(options["since"]), _time(options["until"]))
            begin_export(ON_THE_SERVER, selection)
        except Refused as refusal:
            raise CommandError(refusal.detail) from None
        if options["output"] is None:
            self._print(selection)
            return
        try:
            with options["output"].open("x", encoding="utf-8") as file:
                file.writelines(export(selection))
        except OSError as error:
            raise CommandError(f"Cannot write {options['output']}: {error.strerror}.") from None

    def _print(self, selection: Selection) -> None:
        try:
            for line in export(selection):
                self.stdout.write(line, ending="")
            self.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough (`| head`). Python would complain once more when it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _time(text: str | None) -> datetime.datetime | None:
    if not text:
        return None
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no time. Write it like 2026-11-21T14:30:00Z.") from None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
