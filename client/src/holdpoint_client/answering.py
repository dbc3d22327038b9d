"""Answering a question: it is shown, what is missing is asked for, and the answer is bound to what was seen."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.text import Text

from holdpoint_client.asking import ask_fields, file_fields, typed
from holdpoint_client.failures import Exit, Failure, failure, usage
from holdpoint_client.ids import facts_of, find_question
from holdpoint_client.session import Session, can_ask
from holdpoint_client.values import read_file
from holdpoint_client.views.questions import answer_block, question_block
from holdpoint_client.words import clean, listed

type Document = dict[str, Any]

APPROVALS = {True: "approve", False: "reject"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was given with the command.

    Args:
        data: the answer, or None.
        settings: texts ``field=value`` upon it.
        files: paths by field.
        comment: why.
    """

    data: Document | None = None
    settings: list[str] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    comment: str = ""


def question_of(session: Session, id: str) -> Document:
    """Find a question, open or closed.

    Raises:
        Failure: there is none.
    """
    return facts_of(session.api, "/suspensions", find_question(session.api, id))


def decided(question: Document, *, approve: bool) -> Document:
    """Return the answer that approves or rejects.

    Raises:
        Failure: the question is none that yes or no answers.
    """
    fields = (question["form"] or {}).get("properties", {})
    wanted = APPROVALS[approve]
    if wanted in [choice["const"] for choice in fields.get("decision", {}).get("oneOf", [])]:
        return {"decision": wanted}
    yes_or_no = [name for name, its in fields.items() if its.get("type") == "boolean"]
    if len(fields) == 1 and yes_or_no:
        return {yes_or_no[0]: approve}
    names = listed(list(fields)) or "no field"
    raise usage(f"This question is no approval. It asks for {clean(names)}: holdpoint inbox answer {question['id']}")


def answer_question(
    session: Session, question: Document, given: Answer, *, yes: bool, key: str | None, shown: bool = False
) -> None:
    """Send the answer to a question; what is missing is asked for, and what the server finds wrong asked again.

    Args:
        session: this invocation.
        question: as it was shown.
        given: what came with the command.
        yes: do not ask before it is sent.
        key: Idempotency-Key, or None for a new one.
        shown: the person has the question before him already.

    Raises:
        Failure: refused; or something is missing and nobody can be asked.
    """
    if not question["answerable"]["allowed"]:
        raise _not_yours(question)
    form, asks = question["form"], can_ask()
    data = {**(given.data or {}), **typed(form, given.settings)}
    if asks and not shown:
        session.say(question_block(question, asks=True))
    files = dict(given.files)
    if given.data is None and not given.settings and not files and asks:
        data = ask_fields(session, form, question["default"] or {})
    elif given.data is None and not given.settings and not files and (form is None or form["required"]):
        wanted = clean(listed((form or {}).get("required", [])))
        raise usage(f"Nobody can be asked here: add --data JSON or --set FIELD=VALUE. It asks for {wanted}.")
    for attempt in range(100):
        files |= {name: Path(data.pop(name)) for name in file_fields(form) if isinstance(data.get(name), str)}
        if asks and not yes:
            session.say()
            session.say(answer_block(form, data, {name: path.name for name, path in files.items()}))
            session.confirm("Send this answer? It is final.")
        try:
            told = _send(session, question, data, files, given.comment, f"{key}/{attempt}" if key else None)
            break
        except Failure as refusal:
            wrong = [name for name in refusal.problem.get("errors") or {} if name in (form or {}).get("properties", {})]
            if not asks or not wrong or refusal.exit_code != Exit.USAGE:
                raise
            for name in wrong:
                session.say(Text(f"  {clean(name)}: {clean(' '.join(refusal.problem['errors'][name]))}", "red"))
            data = ask_fields(session, form, data, only=wrong)
    if session.screen.as_json:
        session.screen.document(told)
        return
    if told["closed_at"]:
        session.screen.show(Text.assemble(("✓ answered", "green"), f"  {clean(told['title'])}"))
    else:
        session.screen.show(Text.assemble(("◐ kept", "yellow"), f"  {clean(told['title'])}: others must agree too"))
    session.screen.aside(f"run {told['execution']}")


def _send(
    session: Session, question: Document, data: Document, files: dict[str, Path], comment: str, key: str | None
) -> Document:
    path = f"/suspensions/{question['id']}/answer"
    body = {"data": data, "context_digest": question["context_digest"], "comment": comment}
    if not files:
        return session.api.post(path, body, key)
    parts = [(name, path_.name, read_file(path_, f"--file {name}")) for name, path_ in files.items()]
    return session.api.post_files(path, body, parts, key)


def _not_yours(question: Document) -> Failure:
    verdict = question["answerable"]
    code = Exit.NOT_ALLOWED if verdict["code"] in ("permission", "not-allowed", "scope") else Exit.REFUSED
    title = "Not allowed" if code == Exit.NOT_ALLOWED else "Not possible now"
    return failure(code, verdict["code"], title, verdict["why"], holds=verdict["holds"])
