"""The part of ``ctx`` that waits: for events and for times."""

from collections.abc import Mapping
from datetime import timedelta

from executions.authoring.answers import Answer
from executions.authoring.asking import Asking
from executions.authoring.flow import DeadlinePassed
from executions.authoring.waiting import make_sleep, make_wait


class Waiting(Asking):
    """Waits of a step; mixed into ``Context``."""

    def wait_for(
        self,
        event: str,
        *,
        key: str = "",
        match: Mapping[str, object] | None = None,
        deadline: timedelta | None = None,
        default: Mapping[str, object] | None = None,
    ) -> Answer:
        """Wait for a named event from outside; the worker is freed meanwhile.

        Events since the run was launched count, each once: one that was sent before the code came to wait is not lost.

        Args:
            event: its name.
            key: unique in the step; the event's name where blank.
            match: what the event's data must contain: ``{"order": 7}``.
            deadline: how long to wait; for ever where None.
            default: taken for the data at the deadline, instead of the error.

        Returns:
            The event's data, and ``by``, who sent it.

        Raises:
            DeadlinePassed: it did not come in time; uncaught it fails the step as any error does.
            ValueError: arguments that make no sense; the message names them.
        """
        answer = self.answer_to(make_wait(event, key=key, match=match, deadline=deadline, default=default))
        if answer.expired:
            raise DeadlinePassed(f"The event {event} did not come in time.")
        return answer

    def sleep(self, key: str, duration: timedelta) -> None:
        """Go on after a while; the worker is freed, and nothing but a row remembers the time.

        Args:
            key: unique in the step; a second sleep under the same key returns at once.
            duration: how long, counted from the first time the step comes here.

        Raises:
            ValueError: no duration, or one of more than ten years.
        """
        self.answer_to(make_sleep(key, duration))
