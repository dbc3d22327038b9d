"""What other users of the same machine can reach: nothing."""

import os
import stat

import pytest

from console.stack.home import Home
from console.stack.lock import HomeLock
from console.stack.process import refuse_strange_directory


def test_a_directory_of_ours_is_accepted(tmp_path):
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o700)
    refuse_strange_directory(ours)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_directory_that_others_can_write_to_is_refused(mode, tmp_path):
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(mode)
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        refuse_strange_directory(open_to_all)


def test_a_link_is_refused(tmp_path):
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(PermissionError):
        refuse_strange_directory(tmp_path / "link")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_root_does_not_trust_a_directory_that_somebody_else_made(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 65534, 65534)
    with pytest.raises(PermissionError):
        refuse_strange_directory(theirs)


def test_secrets_and_the_lock_are_private(tmp_path):
    home = Home(tmp_path / "home")
    home.secret("secret_key")
    home.write_note(database_url="postgresql://user:password@host/db")
    lock = HomeLock(home)
    lock.acquire()
    try:
        for name in ("secret_key", "stack.json", "lock"):
            assert stat.S_IMODE((home.path / name).stat().st_mode) == 0o600, name
    finally:
        lock.release()
