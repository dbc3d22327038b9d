"""Asking a person the fields of a form, one after the other, as the server describes them in a JSON Schema."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from holdpoint_client.failures import usage
from holdpoint_client.payloads import value_of
from holdpoint_client.session import Session
from holdpoint_client.words import clean

type Schema = Mapping[str, Any]

YES, NO = ("y", "yes", "true"), ("n", "no", "false")


def ask_fields(session: Session, form: Schema | None, known: Mapping[str, Any], only: Iterable[str] = ()) -> Any:
    """Ask for the fields of a form; what is left empty is left out, or stays as it is known.

    Args:
        session: this invocation; a person must sit there.
        form: the JSON Schema of an object; without one, any object will do.
        known: values given already, which are offered as they are.
        only: the fields to ask for; all where left out.

    Returns:
        The values by name; files as their paths.
    """
    if form is None:
        return _ask_object(session, known)
    required, wanted = form.get("required", []), set(only)
    answers = dict(known)
    for name, field in form["properties"].items():
        if wanted and name not in wanted:
            continue
        value = _ask_field(session, name, field, name in required, known.get(name))
        if value is not None:
            answers[name] = value
    return answers


def file_fields(form: Schema | None) -> list[str]:
    """Return the names of the fields that are files."""
    return [name for name, field in (form or {}).get("properties", {}).items() if _is_file(field)]


def typed(form: Schema | None, settings: list[str]) -> dict[str, Any]:
    """Read values given as ``field=value``, each as its field says; a text stays one although it looks like a number.

    Raises:
        Failure: one has no ``=``, or does not fit its field.
    """
    fields = (form or {}).get("properties", {})
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not name or not equals:
            raise usage(f"--set {setting[:60]}: write it as field=value.")
        try:
            values[name] = _read(text, fields[name]) if name in fields else value_of(text)
        except ValueError as error:
            raise usage(f"--set {name[:60]}: {error}") from None
    return values


def _ask_object(session: Session, known: Mapping[str, Any]) -> dict[str, Any]:
    while True:
        text = session.ask("Answer, a JSON object:", json.dumps(known) if known else "{}")
        value = value_of(text)
        if isinstance(value, dict):
            return value
        session.say(Text('  That is no JSON object. It looks like {"amount": 12}.', "red"))


def _ask_field(session: Session, name: str, field: Schema, required: bool, known: Any) -> Any:
    session.say()
    title = clean(field.get("title") or name)
    session.say(Text.assemble((title, "bold"), ("" if required else "  may be left empty", "dim")))
    if field.get("description"):
        session.say(Text(f"  {clean(field['description'])}", "dim"))
    for number, choice in enumerate(_choices(field), start=1):
        session.say(Text(f"  {number}  {clean(choice['title'])}"))
    default = field.get("default") if known is None else known
    offered = "" if default is None else _written(default, field)
    while True:
        text = session.ask(_hint(field), offered)
        if not text.strip() and not required:
            return None
        try:
            if not text.strip():
                raise ValueError("It is needed.")
            # What is offered is shown without what a terminal would obey; taken as it is, it stays what it was.
            return default if default is not None and text == offered else _read(text, field)
        except ValueError as error:
            session.say(Text(f"  {error}", "red"))


def _hint(field: Schema) -> str:
    if field.get("type") == "array":
        return "  Numbers, parted by commas:"
    if _choices(field):
        return "  Number:"
    if field.get("type") == "boolean":
        return "  y or n:"
    return "  Path of the file:" if _is_file(field) else "  >"


def _choices(field: Schema) -> list[dict[str, Any]]:
    return field.get("oneOf") or field.get("items", {}).get("oneOf") or []


def _is_file(field: Schema) -> bool:
    return field.get("contentEncoding") == "binary"


def _kinds(field: Schema) -> list[str]:
    kind = field.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _written(value: Any, field: Schema) -> str:
    if isinstance(value, bool):
        return "y" if value else "n"
    constants = [choice["const"] for choice in _choices(field)]
    if isinstance(value, list) and constants:
        return ",".join(str(constants.index(one) + 1) for one in value if one in constants)
    if value in constants:
        return str(constants.index(value) + 1)
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _read(text: str, field: Schema) -> Any:
    """Return the value that a text stands for; ValueError says what it should be."""
    text, kinds, choices = text.strip(), _kinds(field), _choices(field)
    if "array" in kinds and choices:
        return [_chosen(part.strip(), choices) for part in text.split(",") if part.strip()]
    if choices:
        return _chosen(text, choices)
    if _is_file(field):
        if not Path(text).expanduser().is_file():
            raise ValueError("There is no such file.")
        return str(Path(text).expanduser())
    if "boolean" in kinds:
        return _yes_or_no(text, may_be_none="null" in kinds)
    if "string" in kinds:
        return text
    if "integer" in kinds or "number" in kinds:
        return _number(text, whole="number" not in kinds)
    value = value_of(text)
    if isinstance(value, str) and not text.startswith('"'):
        raise ValueError('Write JSON, such as {"amount": 12}.')
    return value


def _chosen(text: str, choices: list[dict[str, Any]]) -> Any:
    for number, choice in enumerate(choices, start=1):
        if text.casefold() in (str(choice["const"]).casefold(), str(choice["title"]).casefold()):
            return choice["const"]
        # A number is a place in the list, unless one of the values is that number.
        if text == str(number) and text not in {str(each["const"]) for each in choices}:
            return choice["const"]
    raise ValueError(f"It is one of: {', '.join(clean(choice['const']) for choice in choices)}.")


def _yes_or_no(text: str, *, may_be_none: bool) -> bool | None:
    if text.casefold() in YES:
        return True
    if text.casefold() in NO:
        return False
    if may_be_none and text.casefold() == "null":
        return None
    raise ValueError("Write y or n.")


def _number(text: str, *, whole: bool) -> int | float:
    try:
        return int(text) if whole else float(text) if "." in text or "e" in text.lower() else int(text)
    except ValueError:
        raise ValueError("Write a whole number." if whole else "Write a number.") from None
