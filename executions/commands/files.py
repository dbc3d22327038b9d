"""Checking and storing a run's files."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from executions.actors import Actor
from executions.authoring.files import FileRules
from executions.errors import Invalid, TooLarge
from executions.models import Execution, RunFile
from executions.text import unstorable


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has been checked, before it is stored."""

    name: str
    content: bytes
    sha256: str

    def described(self) -> dict[str, Any]:
        """Return what the history says of it."""
        return {"name": self.name, "size": len(self.content), "sha256": self.sha256}


def check_files(rules: FileRules | None, files: Iterable[tuple[str, bytes]]) -> list[Upload]:
    """Check all files of a launch; every problem is named, not just the first.

    Args:
        rules: what the workflow accepts; None if it takes no files.
        files: names and bytes.

    Returns:
        The checked files in their order.

    Raises:
        Invalid: too few, too many, a name twice, or a file that the workflow refuses.
        TooLarge: a file is over its limit.
    """
    given = list(files)
    if rules is None:
        if given:
            raise Invalid("This workflow takes no files.", errors={"files": ["This workflow takes no files."]})
        return []
    most = min(rules.most, settings.HOLDPOINT["MAX_FILES"])
    if not rules.least <= len(given) <= most:
        wanted = f"{rules.least} to {most}" if rules.least else f"at most {most}"
        problem = f"The workflow takes {wanted} files; {len(given)} were sent."
        raise Invalid(problem, errors={"files": [problem]})
    uploads: list[Upload] = []
    problems: list[str] = []
    for name, content in given:
        try:
            upload = check_one(rules, name, content)
        except Invalid as error:
            problems += error.errors["files"]
            continue
        if any(other.name == upload.name for other in uploads):
            problems.append(f"{upload.name} was sent twice; give each file its own name.")
        uploads.append(upload)
    if problems:
        raise Invalid(" ".join(problems[:5]), errors={"files": problems})
    return uploads


def file_name(name: Any) -> str:
    """Return a file's name without surrounding white space, in the one way Unicode composes it (NFC)."""
    return unicodedata.normalize("NFC", name).strip() if isinstance(name, str) else ""


def is_usable(name: str) -> bool:
    """Tell whether a text can be a file's name, and never a path."""
    return (
        0 < len(name) <= 200
        and name not in (".", "..")
        and not set(name) & {"/", "\\"}
        and name.isprintable()
        and not unstorable(name)
    )


def check_one(rules: FileRules | None, name: str, content: bytes) -> Upload:
    """Check one file's name, size and content.

    Raises:
        Invalid: the workflow refuses it.
        TooLarge: over the limit.
    """
    limit = settings.HOLDPOINT["MAX_FILE_BYTES"] if rules is None else rules.limit()
    name = file_name(name)
    problem = ""
    if not is_usable(name):
        problem = f"{name[:60]!r} is no usable file name: up to 200 printable characters, no slashes."
    elif len(content) > limit:
        raise TooLarge(
            f"{name} is {len(content):,} bytes; at most {limit:,} are accepted.",
            errors={"files": [f"{name}: at most {limit:,} bytes."]},
        )
    elif not content:
        problem = f"{name} is empty."
    elif rules is not None and rules.check is not None:
        try:
            rules.check(name, content)
        except ValidationError as error:
            problem = f"{name}: {' '.join(error.messages)}"
    if problem:
        raise Invalid(problem, errors={"files": [problem]})
    return Upload(name, content, hashlib.sha256(content).hexdigest())


def store_files(
    execution: Execution, uploads: Sequence[Upload], actor: Actor, *, version: int = 1, reason: str = ""
) -> list[RunFile]:
    """Store checked files as one version each."""
    return RunFile.objects.bulk_create(
        RunFile(
            execution=execution,
            name=upload.name,
            version=version,
            sha256=upload.sha256,
            size=len(upload.content),
            content=upload.content,
            uploaded_by=actor.id,
            uploaded_by_name=actor.name,
            reason=reason,
        )
        for upload in uploads
    )
