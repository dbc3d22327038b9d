"""A process that has loaded what a worker needs, and becomes one as often as it is told to: by a fork, in no time.

Each worker is a process of its own that knows nothing of the others; only the loading of code is not done anew. Orders
come by standard input, a JSON list of arguments and a log file each; standard output tells `began PID`, and
`ended PID CODE` once the kernel has cleaned up.
"""

import json
import os
import random
import select
import signal
import sys
import threading
from contextlib import suppress


def load() -> None:
    """Load what every worker loads before it does anything."""
    import django
    import kombu.transport.redis  # noqa: F401
    from django.core.checks import run_checks

    import console.celery  # noqa: F401

    django.setup()
    run_checks()  # as a worker does before anything else: they load every page and route
    assert threading.active_count() == 1, "a fork would leave threads behind"


def tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def reap() -> None:
    """Tell of those that have ended."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            tell(f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}")


def become(arguments: list[str], log: str) -> None:
    """Be the worker, as if its program had just been started."""
    os.setsid()
    tell(f"began {os.getpid()}")
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    random.seed()
    sys.argv = ["celery", *arguments]
    from celery.__main__ import main

    sys.exit(main())


def serve() -> None:
    """Fork at each order until nobody is there to give one."""
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    orders = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            reap()
        if 0 in ready:
            piece = os.read(0, 65536)
            if not piece:
                return
            *lines, orders = (orders + piece).split(b"\n")
            for line in lines:
                if os.fork() == 0:
                    become(**json.loads(line))


if __name__ == "__main__":
    load()
    serve()
