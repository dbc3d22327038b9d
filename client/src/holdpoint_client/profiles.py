"""Writing the profile file, so that nobody else can read it at any moment."""

import json
import os
import re
import tempfile
from pathlib import Path

from holdpoint_client.connection import Connection, read_profiles
from holdpoint_client.failures import unwritable, usage

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def keep_profile(path: Path, name: str, connection: Connection) -> None:
    """Put a profile into the file, in place of one that has its name.

    Args:
        path: the profile file; made if it is not there.
        name: of the profile.
        connection: address and token.

    Raises:
        Failure: the name is no good, or the file cannot be read or written.
    """
    if not NAME.fullmatch(name):
        raise usage(f"{name[:60]!r} is no name for a profile: letters, digits, - and _ only.")
    profiles = read_profiles(path)
    profiles[name] = {"url": connection.url, "token": connection.token}
    _write(path, profiles)


def forget_profile(path: Path, name: str) -> bool:
    """Take a profile out of the file; tell whether it was there. Otherwise as ``keep_profile``."""
    profiles = read_profiles(path)
    if profiles.pop(name, None) is None:
        return False
    _write(path, profiles)
    return True


def _write(path: Path, profiles: dict[str, dict[str, str]]) -> None:
    # A JSON text is a basic string of TOML.
    sections = [
        f"[{name if NAME.fullmatch(name) else json.dumps(name)}]\n"
        f"url = {json.dumps(entry['url'])}\ntoken = {json.dumps(entry['token'])}\n"
        for name, entry in profiles.items()
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp makes a file of the owner's alone; the rename puts it there whole or not at all.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("\n".join(sections))
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from None
