"""`manage.py invoice_samples`: the sample invoices as files, to launch batches of one's own with."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflows.invoices.samples import WRONG, corrected, samples


class Command(BaseCommand):
    """Write the samples into a directory, and the corrected version of each wrong one into ``corrected/`` below it."""

    help = "Write the sample invoices into a directory; corrected versions of the wrong ones go into corrected/."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the directory."""
        parser.add_argument("directory", type=Path, help="where to; made if it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files, over older ones of the same name.

        Raises:
            CommandError: the directory cannot be written to.
        """
        directory: Path = options["directory"]
        files = {directory / name: content for name, content in samples().items()}
        files |= {directory / "corrected" / name: corrected(name) for name in WRONG}
        try:
            (directory / "corrected").mkdir(parents=True, exist_ok=True)
            for path, content in files.items():
                path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"Cannot write to {directory}: {error.strerror}.") from None
        self.stdout.write(f"{len(samples())} invoices are in {directory}, {len(WRONG)} of them wrong.")
        self.stdout.write(f"Corrected: {', '.join(str(directory / 'corrected' / name) for name in sorted(WRONG))}")
