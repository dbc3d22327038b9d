"""What ends a command before it is done: an exit code for scripts, a problem document (RFC 9457) for people.

The exit codes are a promise: docs/reference/terminal.md, Exit codes.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

type Problem = dict[str, Any]


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    DECLINED = 1
    USAGE = 2
    REFUSED = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    UNREACHABLE = 6
    INTERRUPTED = 130


EXIT_OF_STATUS = {
    401: Exit.NOT_ALLOWED,
    403: Exit.NOT_ALLOWED,
    404: Exit.NOT_FOUND,
    409: Exit.REFUSED,
    412: Exit.REFUSED,
    429: Exit.UNREACHABLE,
}
"""Other statuses from 400 to 499 say that what was sent is no good; from 500 on, that the server could not answer."""


class Failure(Exception):
    """A command that was not carried out.

    Args:
        exit_code: how the process ends.
        problem: the problem document, from the server or made here; ``detail`` says what happened and what to do.
    """

    def __init__(self, exit_code: Exit, problem: Problem) -> None:
        super().__init__(problem.get("detail", ""))
        self.exit_code = exit_code
        self.problem = problem


def failure(exit_code: Exit, code: str, title: str, detail: str, **more: Any) -> Failure:
    """Make a failure that was found here, in the form that the server's have.

    Args:
        exit_code: how the process ends.
        code: the end of the problem's type.
        title: the kind of problem, the same each time.
        detail: what happened and what to do.
        more: further members; those that are empty are left out.
    """
    problem: Problem = {"type": f"urn:holdpoint:problem:{code}", "title": title, "detail": detail}
    return Failure(exit_code, problem | {name: value for name, value in more.items() if value})


def usage(detail: str) -> Failure:
    """Make the failure of a command that was given wrongly."""
    return failure(Exit.USAGE, "usage", "Not understood", detail)


def unwritable(where: object, error: OSError) -> Failure:
    """Make the failure of a command whose result cannot be written."""
    return failure(Exit.USAGE, "cannot-write", "Cannot write", f"{where}: {error.strerror}.")


def exit_of(status: int) -> Exit:
    """Return the exit code that a status of HTTP stands for, where that refuses."""
    return EXIT_OF_STATUS.get(status, Exit.USAGE if status < 500 else Exit.UNREACHABLE)


def of_answer(status: int, problem: Mapping[str, Any]) -> Failure:
    """Make the failure that a problem document of the server stands for."""
    return Failure(exit_of(status), dict(problem))
