"""Collect static files when they changed, and only then."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def digest_of_sources() -> str:
    """Return a text that changes when a source of the static files does."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def stamp_of_collected() -> str | None:
    """Return the digest of the sources that were collected last; None where none were."""
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    return stamp.read_text() if stamp.exists() else None


def collect_if_changed() -> bool:
    """Run collectstatic unless the sources are those of the last time; return whether it ran."""
    digest = digest_of_sources()
    if stamp_of_collected() == digest:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    (Path(settings.STATIC_ROOT) / ".sources").write_text(digest)
    return True
