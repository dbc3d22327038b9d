"""Cleaning what people type and programs send, before anything is stored."""

import datetime
import json
from typing import Any

from django.conf import settings

from executions.errors import Invalid, TooLarge
from executions.provenance.jsontext import flaw_of, to_json


def unstorable(text: str) -> str:
    """Say why PostgreSQL cannot store a text, or return an empty string.

    Args:
        text: any Python string.

    Returns:
        A sentence for the person who sent it, or ``""``.
    """
    if "\x00" in text:
        return "Remove the NUL character; it cannot be stored."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "The text holds half of a surrogate pair, which is no character; remove it."
    return ""


def storable(text: str) -> str:
    """Return a text with what PostgreSQL cannot store replaced by visible signs."""
    return text.replace("\x00", "␀").encode(errors="replace").decode()


def is_blank(text: str) -> bool:
    """Tell whether a text shows nothing; white space and invisible characters do not count."""
    return not any(letter.isprintable() and not letter.isspace() for letter in text)


def clean_reason(
    reason: Any, field: str = "reason", *, required: bool = True, blank: str = "Say why. It is kept in the history."
) -> str:
    """Check a reason, note or comment and trim it.

    Args:
        reason: what was typed.
        field: the field's name, for the error.
        required: refuse a blank one.
        blank: what to say of a blank one.

    Returns:
        The text without surrounding white space.

    Raises:
        Invalid: blank, longer than ``MAX_REASON_LENGTH`` characters, or not storable.
    """
    limit = settings.HOLDPOINT["MAX_REASON_LENGTH"]
    if not isinstance(reason, str):
        problem = "Write a text."
    elif required and is_blank(reason):
        problem = blank
    elif len(reason.strip()) > limit:
        problem = f"Too long: {len(reason.strip()):,} characters. At most {limit:,} are kept; put the rest in a ticket."
    else:
        problem = unstorable(reason)
    if problem:
        raise Invalid(problem, errors={field: [problem]})
    return str(reason).strip()


def clean_short(text: Any, field: str, limit: int = 200) -> str:
    """Check an optional one-line text, such as a title, reason code or ticket.

    Args:
        text: what was sent.
        field: the field's name, for the error.
        limit: most characters accepted.

    Returns:
        The text without surrounding white space.

    Raises:
        Invalid: not a text, too long, or not storable.
    """
    if not isinstance(text, str):
        problem = "Write a text."
    elif len(text.strip()) > limit:
        problem = f"Too long: {len(text.strip()):,} characters. At most {limit:,}."
    elif "\n" in text.strip():
        problem = "Write it on one line."
    else:
        problem = unstorable(text)
    if problem:
        raise Invalid(problem, errors={field: [problem]})
    return str(text).strip()


BEYOND_UTC = "Give a date within the years 1 to 9999, UTC."
"""Said of a moment that its zone takes out of the calendar."""


def clean_moment(
    moment: Any, field: str, problem: str = "Give a date and time with its time zone."
) -> datetime.datetime:
    """Check a moment and put it into UTC.

    Args:
        moment: a datetime with its zone.
        field: the field's name, for the error.
        problem: what to say of one without a zone.

    Raises:
        Invalid: no datetime, without a zone, or outside of the years 1 to 9999 in UTC.
    """
    if isinstance(moment, datetime.datetime) and moment.tzinfo is not None:
        try:
            return moment.astimezone(datetime.UTC)
        except OverflowError:
            problem = BEYOND_UTC
    raise Invalid(problem, errors={field: [problem]})


def clean_object(value: Any, field: str) -> dict[str, Any]:
    """Check that a value is a JSON object that can be stored, and not too large.

    Args:
        value: decoded JSON or a Python dict of JSON-able values.
        field: the field's name, for the error.

    Returns:
        The object as plain JSON types.

    Raises:
        Invalid: not an object, or holds something JSON or PostgreSQL cannot carry.
        TooLarge: more than ``MAX_PAYLOAD_BYTES`` as JSON.
    """
    limit = settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]
    if not isinstance(value, dict):
        problem = f"Must be a JSON object, not {_kind_of(value)}."
        raise Invalid(f"{field}: {problem}", errors={field: [problem]})
    try:
        text = to_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"Not JSON: {error}."
        raise Invalid(f"{field}: {problem}", errors={field: [problem]}) from error
    problem = unstorable(text) or flaw_of(value, text)
    if problem:
        raise Invalid(f"{field}: {problem}", errors={field: [problem]})
    size = len(text.encode())
    if size > limit:
        raise TooLarge(
            f"{field} is {size:,} bytes as JSON; at most {limit:,} are accepted. Put large data into files.",
            errors={field: [f"At most {limit:,} bytes."]},
        )
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "an array" if isinstance(value, list | tuple) else type(value).__name__
