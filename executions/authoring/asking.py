"""The part of ``ctx`` that asks: people, mostly."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from executions.authoring.answers import Answer, Approval
from executions.authoring.backing import Backing
from executions.authoring.flow import DeadlinePassed, Question, Suspended
from executions.authoring.question import Choices, checked_default, make_question
from executions.authoring.route import Ask
from executions.authoring.who import Who


class Asking:
    """Questions of a step; mixed into ``Context``."""

    _backing: Backing

    def suspend(
        self,
        key: str,
        *,
        title: str,
        prompt: str = "",
        form: type[Any] | None = None,
        format: str | None = None,
        choices: Choices | None = None,
        context: dict[str, Any] | None = None,
        urgency: str = "normal",
        replaces: Mapping[str, str] | None = None,
        who: Who | None = None,
        deadline: timedelta | None = None,
        on_deadline: str = "fail",
        default: Any = None,
        escalate_to: Who | None = None,
        escalate_after: timedelta | None = None,
        remind: timedelta | None = None,
    ) -> Answer:
        """Ask a person; the worker is freed, and the step re-enters when the answer is there.

        Args:
            key: unique in this step.
            title: the question in a few words.
            prompt: what to consider.
            form: a Django form that declares and checks the answer.
            format: ``text``, ``yes-no``, ``choice`` or ``json``, instead of a form; ``json`` where both are None.
            choices: for ``choice``: the values, with labels where these differ.
            context: what the person is shown; JSON. The answer is bound to it.
            urgency: ``low``, ``normal`` or ``high``.
            replaces: file field of the form → name of the run's file that an upload there replaces.
            who: whom it is put to; everybody who may answer questions where None.
            deadline: how long the question stays open, counted from when it is asked; for ever where None.
            on_deadline: what happens then: ``fail`` (this call raises), ``default``, ``escalate`` or ``cancel``.
            default: the answer taken at the deadline, for ``default``.
            escalate_to: whom it is put to at the deadline, for ``escalate``.
            escalate_after: how long those have, before it ends as with ``fail``; as long as ``deadline`` where None.
            remind: how often to remind of it.

        Returns:
            The answer; with ``format`` text, yes-no or choice its ``value`` is what was said.

        Raises:
            DeadlinePassed: nobody answered in time; uncaught it fails the step as any error does.
            ValueError: arguments that make no sense together; the message names them.
        """
        question = make_question(
            key,
            title=title,
            prompt=prompt,
            form=form,
            format=format,
            choices=choices,
            context=context,
            urgency=urgency,
            replaces=replaces,
            who=who,
            deadline=deadline,
            on_deadline=on_deadline,
            default=default,
            escalate_to=escalate_to,
            escalate_after=escalate_after,
            remind=remind,
        )
        answer = self.answer_to(question)
        if answer.expired:
            raise DeadlinePassed(f"Nobody answered {title!r} in time.")
        return answer

    def approval(
        self,
        key: str,
        *,
        title: str,
        prompt: str = "",
        context: dict[str, Any] | None = None,
        urgency: str = "normal",
        who: Who | None = None,
        deadline: timedelta | None = None,
        on_deadline: str = "fail",
        default: dict[str, Any] | None = None,
        escalate_to: Who | None = None,
        escalate_after: timedelta | None = None,
        remind: timedelta | None = None,
    ) -> Approval:
        """Ask for a yes or a no before going on; the worker is freed meanwhile.

        Args:
            key: unique in this step.
            title: what is to be approved, in a few words.
            prompt: what to consider.
            context: what the person is shown; JSON. The decision is bound to it.
            urgency: ``low``, ``normal`` or ``high``.
            who: whom it is put to, and how many must approve; everybody who may answer questions where None.
            deadline: how long it stays open, counted from when it is asked; for ever where None.
            on_deadline: ``fail`` (it has expired), ``default``, ``escalate`` or ``cancel``.
            default: for ``default``: ``{"decision": "approve"}``, or a rejection with its reason.
            escalate_to: whom it is put to at the deadline, for ``escalate``.
            escalate_after: how long those have, before it expires; as long as ``deadline`` where None.
            remind: how often to remind of it.

        Returns:
            How it ended: approved, rejected or expired, and by whom.

        Raises:
            ValueError: arguments that make no sense together; the message names them.
        """
        question = make_question(
            key,
            title=title,
            prompt=prompt,
            context=context,
            urgency=urgency,
            kind="approval",
            who=who,
            deadline=deadline,
            on_deadline=on_deadline,
            default=default,
            escalate_to=escalate_to,
            escalate_after=escalate_after,
            remind=remind,
        )
        return Approval.of(self.answer_to(question))

    def ask(self, question: str, /, **options: Any) -> Ask:
        """Make a question to be returned by the step: the run pauses, and the step's ``on_resume`` takes the answer.

        Args:
            question: the question in a few words.
            options: everything else that ``suspend`` takes but the key.

        Returns:
            What the step returns: ``return ctx.ask("Approve 700?")``.
        """
        return Ask(question, options)

    def answer_to(self, question: Question) -> Answer:
        """Return the answer to a question; ask it first where it has not been asked.

        Raises:
            Suspended: there is no answer yet.
        """
        answer = self._backing.answered(question.key)
        if answer is None:
            raise Suspended(checked_default(question))
        return answer

    def answered(self, key: str) -> Answer | None:
        """Return the answer to the question of a key, None if it has never been asked.

        Raises:
            Suspended: it is open.
        """
        return self._backing.answered(key)
