"""`holdpoint inbox`: the questions that runs put to people, and answering them."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from holdpoint_client import completing
from holdpoint_client.answering import Answer, answer_question, decided, question_of
from holdpoint_client.commands.options import All, Cursor, Key, Limit, OfWorkflow, QuestionId, Yes
from holdpoint_client.failures import Exit, Failure, usage
from holdpoint_client.ids import facts_of, find_hold, find_question, find_run
from holdpoint_client.many import given_out
from holdpoint_client.session import Session, can_ask
from holdpoint_client.values import json_object
from holdpoint_client.views.holds import hold_text
from holdpoint_client.views.questions import inbox_table, question_block, questions_table

Comment = Annotated[str, typer.Option("--comment", help="Why, in your own words; kept in the history.")]


def inbox(
    session: Session,
    kind: Annotated[str, typer.Option("--kind", metavar="question|hold", help="Only questions, or only holds.")] = "",
    workflow: OfWorkflow = "",
    urgency: Annotated[
        str, typer.Option("--urgency", metavar="high|normal|low|others", help="Others: what somebody else looks after.")
    ] = "",
    done: Annotated[
        str, typer.Option("--done", metavar="mine|all", help="What was answered or released, by you or by anybody.")
    ] = "",
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List what waits for you: questions and holds.

    Most urgent first, then oldest: questions that you may answer, and holds that you may release.
    """
    wanted = {"kind": kind, "workflow": workflow, "urgency": urgency, "done": done}
    page = session.api.pages("/inbox", None if every else limit, cursor, **wanted)
    empty = "Nothing matches." if any(wanted.values()) or cursor else "Nothing waits for you."
    session.screen.page(page, inbox_table, empty)


def list_questions(
    session: Session,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you may answer now.")] = False,
    run: Annotated[str, typer.Option("--run", help="Only those of this run.", autocompletion=completing.run_ids)] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Answered and withdrawn ones too.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List questions, whoever they are put to."""
    execution = find_run(session.api, run).id if run else ""
    page = session.api.pages(
        "/suspensions", None if every else limit, cursor, mine=mine, execution=execution, closed=closed
    )
    session.screen.page(page, questions_table, "No question matches." if mine or run else "No run asks anything.")


def show(session: Session, id: QuestionId) -> None:
    """Show a question, its fields, and who may answer; or a hold that the inbox lists."""
    try:
        session.screen.one(question_of(session, id), question_block)
    except Failure as unknown:
        if unknown.exit_code != Exit.NOT_FOUND:
            raise
        try:
            hold = facts_of(session.api, "/holds", find_hold(session.api, id))
        except Failure:
            # Neither: what was asked for first is what is missing.
            raise unknown from None
        session.screen.one(hold, hold_text)


def webhook(
    session: Session,
    id: QuestionId,
    signed: Annotated[bool, typer.Option("--signed", help="Only calls signed with a secret count.")] = False,
    key: Key = None,
) -> None:
    """Give a wait for an event a webhook of its own.

    The token that ends the wait is shown this once.
    """
    path = f"/suspensions/{find_question(session.api, id).id}/webhook"
    told = session.api.post(path, {"signed": signed}, key)
    session.screen.one(told, lambda given: Text("\n".join(given_out(given))))


def answer(
    session: Session,
    id: QuestionId,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="The whole answer. @FILE reads a file.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="One field of it; repeat it.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", "-f", metavar="FIELD=PATH", help="A file field; repeat it.")
    ] = None,
    comment: Comment = "",
    yes: Yes = False,
    key: Key = None,
) -> None:
    """Answer a question, once and for all. Its fields are asked for one by one where you sit at a terminal."""
    given = Answer(json_object(data, "--data"), settings or [], _files(file or []), comment)
    answer_question(session, question_of(session, id), given, yes=yes, key=key)


def approve(
    session: Session,
    id: QuestionId,
    comment: Comment = "",
    yes: Yes = False,
    key: Key = None,
) -> None:
    """Approve, or answer with yes."""
    question = question_of(session, id)
    answer_question(session, question, Answer(decided(question, approve=True), comment=comment), yes=yes, key=key)


def deny(
    session: Session,
    id: QuestionId,
    reason: Annotated[
        str | None, typer.Option("--reason", "-r", help="Why not; asked for if left out where it is needed.")
    ] = None,
    comment: Comment = "",
    yes: Yes = False,
    key: Key = None,
) -> None:
    """Reject, or answer with no."""
    question = question_of(session, id)
    data: dict[str, Any] = decided(question, approve=False)
    if can_ask():
        session.say(question_block(question, asks=True))
    if "reason" in question["form"]["properties"]:
        data["reason"] = session.reason(reason, "Why not")
    else:
        comment = comment or reason or ""
    answer_question(session, question, Answer(data, comment=comment), yes=yes, key=key, shown=True)


def _files(texts: list[str]) -> dict[str, Path]:
    parts = [text.partition("=") for text in texts]
    for name, equals, path in parts:
        if not name or not equals or not path:
            raise usage(f"--file {name}: write it as field=path.")
    return {name: Path(path) for name, _, path in parts}
