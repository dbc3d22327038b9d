"""Files of a run, as authors see them."""

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings


@dataclass(frozen=True, slots=True)
class FileRules:
    """What files a workflow takes.

    Args:
        least: fewest files at launch.
        most: most files at launch.
        suffix: what the file chooser offers, such as ``.xml``; a hint, not a check.
        max_bytes: largest file; the installation's ``MAX_FILE_BYTES`` where None.
        check: called with name and bytes of each upload; raises Django's ``ValidationError`` to refuse it.
        label: what the form calls them.
    """

    least: int = 1
    most: int = 200
    suffix: str = ""
    max_bytes: int | None = None
    check: Callable[[str, bytes], None] | None = None
    label: str = "Files"

    def limit(self) -> int:
        """Return the largest accepted file in bytes."""
        largest: int = settings.HOLDPOINT["MAX_FILE_BYTES"]
        return min(largest, self.max_bytes) if self.max_bytes is not None else largest


@dataclass(frozen=True)
class StoredFile:
    """One version of a run's file.

    Args:
        name: its name in the run.
        version: 1 for the first, counted up by every replacement.
        sha256: digest of its bytes, hexadecimal.
        load: fetches its bytes.
    """

    name: str
    version: int
    sha256: str
    load: Callable[[], bytes]

    @functools.cached_property
    def content(self) -> bytes:
        """The bytes, fetched at the first look: who only compares digests pays for none."""
        return self.load()

    def open(self) -> BinaryIO:
        """Return the bytes as a file object."""
        return io.BytesIO(self.content)
