"""`manage.py audit_verify`: recompute the event chains and say what is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from executions.commands.audit import ON_THE_SERVER, verify_ledger, verify_record
from executions.errors import Refused
from executions.models import SYSTEM_LEDGER, Event
from executions.queries.audit import ledger_called


class Command(BaseCommand):
    help = (
        "Recompute every event chain, or one. Exit code 0: whole; 1: broken. A verification of the whole record is "
        "itself recorded, and prints an anchor: keep it elsewhere, and hand it back with --anchor at another time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ledger", metavar="ID", help="only this run's chain, or the word system")
        parser.add_argument("--anchor", metavar="SEQ:DIGEST", help="a line of the system ledger as printed earlier")

    def handle(self, *args: Any, **options: Any) -> None:
        broken_anchor = self._check_anchor(options["anchor"]) if options["anchor"] else ""
        try:
            ledger = ledger_called(options["ledger"]) if options["ledger"] else None
        except Refused as refusal:
            raise CommandError(refusal.detail) from None
        result = verify_record(ON_THE_SERVER) if ledger is None else verify_ledger(ON_THE_SERVER, ledger)
        if ledger is not None and not result.events and result.whole:
            raise CommandError(f"There is no ledger {options['ledger']}.")
        speed = f"{result.events / result.seconds:,.0f} a second" if result.seconds else ""
        self.stdout.write(f"{result.events:,} lines in {result.ledgers:,} ledgers, {result.seconds:.1f} s, {speed}.")
        if result.compared_with is not None:
            self.stdout.write(f"Compared with the verification in line {result.compared_with} of the system ledger.")
        for problem in result.problems:
            self.stdout.write(self.style.ERROR(str(problem)))
        if result.unnamed:
            self.stdout.write(self.style.ERROR(f"{result.unnamed:,} more broken ledgers are not named."))
        if broken_anchor:
            self.stdout.write(self.style.ERROR(broken_anchor))
        if ledger is None:
            last = Event.objects.filter(ledger=SYSTEM_LEDGER).order_by("-seq").values_list("seq", "digest").first()
            if last is not None:
                self.stdout.write(f"Anchor {last[0]}:{bytes(last[1]).hex()}")
        if not result.whole or broken_anchor:
            self.stdout.write(self.style.ERROR("Broken."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("Whole."))

    def _check_anchor(self, anchor: str) -> str:
        seq, _, digest = anchor.partition(":")
        if not seq.isdecimal() or len(digest) != 64:
            raise CommandError("An anchor looks like 12:<64 hexadecimal digits>, as audit_verify prints it.")
        found = Event.objects.filter(ledger=SYSTEM_LEDGER, seq=int(seq)).values_list("digest", flat=True).first()
        if found is None:
            return f"The anchor's line {seq} is not in the system ledger any more."
        if bytes(found).hex() != digest.lower():
            return f"Line {seq} of the system ledger is not the one the anchor was taken from."
        return ""
