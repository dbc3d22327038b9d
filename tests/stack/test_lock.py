"""What a killed stack leaves behind is stopped by the next one, and nothing else is."""

import json
import subprocess

import psutil
import pytest

from console.stack.home import Home
from console.stack.lock import AlreadyRunning, HomeLock


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def test_leftovers_of_a_stack_and_its_guard_that_were_both_killed_are_stopped(tmp_path, sleeper):
    lock = HomeLock(Home(tmp_path))
    lock.remember([sleeper.pid])
    assert lock.stop_leftovers() == 1
    assert not psutil.pid_exists(sleeper.pid) or sleeper.poll() is not None


def test_a_process_that_got_the_number_of_a_leftover_is_left_alone(tmp_path, sleeper):
    lock = HomeLock(Home(tmp_path))
    lock.remember([sleeper.pid])
    ((pid, started),) = json.loads(lock.children.read_text())
    lock.children.write_text(json.dumps([[pid, started - 3600]]))
    assert lock.stop_leftovers() == 0
    assert sleeper.poll() is None


def test_a_home_has_one_holder_and_can_be_taken_after_it(tmp_path):
    first, second = HomeLock(Home(tmp_path)), HomeLock(Home(tmp_path))
    first.acquire()
    with pytest.raises(AlreadyRunning, match=r"already runs on .* \(process \d+\)"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
