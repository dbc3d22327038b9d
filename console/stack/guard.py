"""Outlives a supervisor that was killed, just long enough to stop what it had started.

Run as a script, `python -I -S guard.py`. Its standard input is a pipe that the supervisor holds open. It tells the
guard `+<group> <signal>` for every process group it starts and `-<group>` for every one that ended. End of file means
that the supervisor is gone, however it went: the guard asks each group left to stop, and kills what has not within five
seconds.

Why not PR_SET_PDEATHSIG: it is Linux only, a change of user clears it, it follows the thread and not the process that
started the child, and a child that ignores or cannot handle its one signal stays.
"""

import os
import signal
import sys
import time

PATIENCE_SECONDS = 5.0


def main() -> None:
    """Follow the supervisor until its end, then clean up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        group, _, stop = line[1:].strip().partition(" ")
        if line.startswith("+"):
            groups[int(group)] = int(stop)
        else:
            groups.pop(int(group), None)
    stop_all(groups)


def stop_all(groups: dict[int, int]) -> None:
    """Ask every group to stop, and kill those that are still there after PATIENCE_SECONDS.

    Args:
        groups: process group -> number of the signal that ends it in good order.
    """
    left = {group for group, stop in groups.items() if send(group, stop)}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {group for group in left if send(group, 0)}
    for group in left:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Send a signal to a group; return False when there is nobody left in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
