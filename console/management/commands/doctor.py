"""`manage.py doctor`: what is right, what is not, and what to do."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from console.doctor import FAIL, OK, Finding, examine


class Command(BaseCommand):
    help = "Look at settings, packages, files, database, broker and workers; say what to do. Exit code 1 if one fails."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document instead of lines for people")

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[Finding] = []
        for finding in examine():
            found.append(finding)
            if not options["json"]:
                self._print(finding)
        connections.close_all()
        healthy = all(finding.level != FAIL for finding in found)
        if options["json"]:
            document = {"healthy": healthy, "findings": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(document, indent=1, ensure_ascii=False))
        else:
            self.stdout.write(self._sum(found))
        if not healthy:
            sys.exit(1)

    def _print(self, finding: Finding) -> None:
        style = {OK: self.style.SUCCESS, FAIL: self.style.ERROR}.get(finding.level, self.style.WARNING)
        self.stdout.write(f"{style(f'{finding.level:<5}')} {finding.area:<9} {finding.what}")
        if finding.do:
            self.stdout.write(f"      {'':<9} → {finding.do}")

    @staticmethod
    def _sum(found: list[Finding]) -> str:
        failed = sum(finding.level == FAIL for finding in found)
        warned = sum(finding.level not in (OK, FAIL) for finding in found)
        if not failed and not warned:
            return "\nAll is well."
        return f"\n{failed} to put right, {warned} to look at."
