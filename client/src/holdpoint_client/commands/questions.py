"""`holdpoint inbox`: the questions that runs put to people, and answering them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from holdpoint_client.answering import Answer, answer_question, decided, question_of
from holdpoint_client.commands.options import All, Cursor, Json, Key, Limit, QuestionId, Yes
from holdpoint_client.failures import usage
from holdpoint_client.ids import find_run
from holdpoint_client.session import Session
from holdpoint_client.values import json_object
from holdpoint_client.views.questions import question_block, questions_table

Comment = Annotated[str, typer.Option("--comment", help="Why, in your own words; kept in the history.")]


def list_questions(
    context: typer.Context,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Also what is put to others, and what waits for no person.")
    ] = False,
    run: Annotated[str, typer.Option("--run", help="Only those of this run.")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="With --everyone: answered and withdrawn ones too.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List the questions that you may answer now.

    Most urgent first, then oldest.
    """
    session: Session = context.obj.begin(as_json)
    execution = find_run(session.api, run).id if run else ""
    mine = not (everyone or closed)
    page = session.api.pages(
        "/suspensions", None if every else limit, cursor, mine=mine, execution=execution, closed=closed
    )
    empty = "Nothing waits for your answer. --everyone shows what waits for others." if mine else "Nothing waits."
    session.screen.page(page, questions_table, empty)


def show(context: typer.Context, id: QuestionId, as_json: Json = False) -> None:
    """Show a question, its fields, and who may answer."""
    session: Session = context.obj.begin(as_json)
    question = question_of(session, id)
    if as_json:
        session.screen.document(question)
    else:
        session.screen.show(question_block(question))


def answer(
    context: typer.Context,
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
    as_json: Json = False,
) -> None:
    """Answer a question, once and for all. Its fields are asked for one by one where you sit at a terminal."""
    session: Session = context.obj.begin(as_json)
    given = Answer(json_object(data, "--data"), settings or [], _files(file or []), comment)
    answer_question(session, question_of(session, id), given, yes=yes, key=key)


def approve(
    context: typer.Context,
    id: QuestionId,
    comment: Comment = "",
    yes: Yes = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Approve, or answer with yes."""
    session: Session = context.obj.begin(as_json)
    question = question_of(session, id)
    answer_question(session, question, Answer(decided(question, approve=True), comment=comment), yes=yes, key=key)


def deny(
    context: typer.Context,
    id: QuestionId,
    reason: Annotated[
        str | None, typer.Option("--reason", "-r", help="Why not; asked for if left out where it is needed.")
    ] = None,
    comment: Comment = "",
    yes: Yes = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Reject, or answer with no."""
    session: Session = context.obj.begin(as_json)
    question = question_of(session, id)
    data: dict[str, Any] = decided(question, approve=False)
    if "reason" in question["form"]["properties"]:
        data["reason"] = session.reason(reason, "Why not")
    else:
        comment = comment or reason or ""
    answer_question(session, question, Answer(data, comment=comment), yes=yes, key=key)


def _files(texts: list[str]) -> dict[str, Path]:
    parts = [text.partition("=") for text in texts]
    for name, equals, path in parts:
        if not name or not equals or not path:
            raise usage(f"--file {name}: write it as field=path.")
    return {name: Path(path) for name, _, path in parts}
