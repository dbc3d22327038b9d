"""What messages about questions say. The words are templates, which an installation may replace by its own.

A title is whatever a workflow's author, or the data he put into it, says. In a chat it must not call everybody, look
like a link of ours or close what it stands in, so it is made harmless before any template sees it.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from executions.decisionlink import link_to
from executions.models import Notification
from executions.notice_templates import CHAT, HTML, SUBJECT, TEXT

LONGEST_TITLE = 300
LONGEST_SUBJECT = 200
LONGEST_TEXT = 2800
"""Slack takes 3,000 characters in a block."""
APART = "\u200b"
"""Of no width: keeps signs apart that chats would read as one."""
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks that turn text around, so that it reads as something else."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail about a question."""

    subject: str
    text: str
    html: str


def chat_message(notification: Notification) -> dict[str, Any]:
    """Return what is posted to a chat, or to a program: enough to know that one is needed, nothing of what is asked.

    Args:
        notification: with its suspension and execution loaded.
    """
    asked, run = notification.suspension, notification.suspension.execution
    facts = _facts(notification)
    calm = {name: for_chat(value) for name, value in facts.items() if name in ("title", "run_title", "workflow")}
    link = facts["link"]
    text = " ".join(render_to_string(CHAT, {**facts, **calm}).split())
    if len(text) > LONGEST_TEXT or link not in text:
        text = f"{text.replace(link, '')[: LONGEST_TEXT - len(link) - 1].strip()} {link}"
    return {
        "text": text,
        "blocks": _blocks(text, link),
        "title": facts["title"],
        "occasion": notification.occasion,
        "kind": asked.kind,
        "urgency": asked.urgency,
        "deadline": asked.deadline.isoformat() if asked.deadline else None,
        "link": link,
        "question": str(asked.pk),
        "run": {"id": str(run.pk), "title": run.title or run.workflow, "workflow": run.workflow},
    }


def letter(notification: Notification) -> Letter:
    """Return the mail about a question; arguments as in ``chat_message``."""
    facts = {**_facts(notification), "days": f"{settings.HOLDPOINT['DECISION_LINK_DAYS']:g}"}
    subject = " ".join(render_to_string(SUBJECT, facts).split())
    return Letter(
        subject[:LONGEST_SUBJECT],
        render_to_string(TEXT, facts).strip() + "\n",
        render_to_string(HTML, facts).strip() + "\n",
    )


def for_chat(text: str) -> str:
    """Make a text harmless for Slack, Mattermost and their like.

    Nobody is called (``<!channel>``, ``@here``), nothing becomes a link but ours, and no markup begins.
    """
    escaped = "".join(ENTITIES.get(letter, letter) for letter in BIDI.sub("", text))
    for sign in ("@", "](", "://", "www."):
        escaped = escaped.replace(sign, sign[0] + APART + sign[1:])
    return re.sub(r"([*_~`])", rf"{APART}\1{APART}", escaped)


def _facts(notification: Notification) -> dict[str, Any]:
    asked, run = notification.suspension, notification.suspension.execution
    deadline: datetime.datetime | None = asked.deadline
    return {
        "occasion": notification.occasion,
        "title": _one_line(asked.title),
        "run_title": _one_line(run.title or run.workflow),
        "workflow": run.workflow,
        "kind": asked.kind,
        "urgent": asked.urgency == "high",
        "deadline": deadline,
        "link": link_to(asked.pk),
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TITLE]


def _blocks(text: str, link: str) -> list[dict[str, Any]]:
    """Return the same as Slack's blocks, with a button; whoever knows none of them reads the text."""
    said = text.replace(link, "").strip()
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": said}},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Open the question"}, "url": link}],
        },
    ]
