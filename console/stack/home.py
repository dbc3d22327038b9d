"""The home directory: where a stack keeps its data, its secrets and the note that tells others where it listens."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


class Home:
    """One directory, one stack. Source: docs/reference/settings (HOLDPOINT_HOME).

    Args:
        path: the directory; made on first write, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def from_environment(cls) -> "Home":
        """Return the home named by HOLDPOINT_HOME, by default `.holdpoint/` in the project."""
        named = os.environ.get("HOLDPOINT_HOME", "").strip()
        return cls(Path(named).expanduser().resolve() if named else PROJECT / ".holdpoint")

    @property
    def note(self) -> Path:
        """Return the file in which a running stack says where its services listen."""
        return self.path / "stack.json"

    def make(self) -> None:
        """Create the directory if it is missing. Its files are private; the directory itself may be passed through."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o711)

    def write_note(self, **facts: Any) -> None:
        """Publish where the running stack listens; atomic, so that nobody reads half a note."""
        self.make()
        draft = self.note.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"pid": os.getpid(), **facts}, indent=1))
        draft.replace(self.note)

    def read_note(self) -> dict[str, Any]:
        """Return what the running stack published; empty when none runs (the note of a killed one counts as none)."""
        try:
            note: dict[str, Any] = json.loads(self.note.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return note if is_alive(int(note.get("pid", 0))) else {}

    def secret(self, name: str, size: int = 48) -> str:
        """Return the secret in the file `name`, made up once from `size` random bytes, readable by its owner only."""
        target = self.path / name
        if not target.exists():
            self.make()
            draft = self.path / f".{name}.{os.getpid()}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(size))
            try:
                os.link(draft, target)  # of two processes that start together one wins, and both read the winner's
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return target.read_text().strip()


def is_alive(pid: int) -> bool:
    """Return whether a process with this id exists, whoever owns it."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
