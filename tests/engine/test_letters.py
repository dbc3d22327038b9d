"""What messages about questions say, to the letter; and what a title cannot do in them."""

import datetime
import json

import pytest
from django.core import mail
from django.test import override_settings

from executions.checks import check_notifications
from executions.decisionlink import link_to
from executions.engine import courier
from executions.engine.letters import APART, chat_message, for_chat, letter
from executions.models import Notification
from tests.domain import story

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(cast, monkeypatch):
    """`told("opened", title="…")` returns a message about a question, with a link that is always the same."""
    monkeypatch.setattr("executions.engine.letters.link_to", lambda _: "https://hp.example/decide/x")

    def make(occasion="opened", run_title="Refund 7", deadline=None, **payload):
        run = story.work(story.launch(cast, "questions", payload, title=run_title))
        question = run.suspensions.get()
        question.deadline = deadline
        message = Notification(suspension=question, occasion=occasion, target="mailto:boss@example.com")
        question.execution = run
        return message

    return make


def test_a_chat_message_to_the_letter(told):
    deadline = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)
    message = chat_message(told(title="Pay back 40 €?", urgency="high", deadline=deadline))
    assert message["text"] == (
        "Urgent: Pay back 40 €? (Refund 7 waits for an answer until 31 Jan 12:00 UTC) https://hp.example/decide/x"
    )
    assert message["blocks"] == [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "Urgent: Pay back 40 €? (Refund 7 waits for an answer until 31 Jan 12:00 UTC)",
            },
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Open the question"},
                    "url": "https://hp.example/decide/x",
                }
            ],
        },
    ]
    assert chat_message(told("reminded", title="A?"))["text"].startswith("Reminder: A? (Refund 7 waits")
    assert chat_message(told("escalated", title="A?"))["text"].startswith("Escalated: A? (")


def test_a_mail_to_the_letter(told):
    deadline = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)
    written = letter(told("reminded", title="Pay <b>back</b>?", urgency="high", deadline=deadline))
    assert written.subject == "Reminder: Urgent: Pay <b>back</b>?"
    assert written.text == (
        "Pay <b>back</b>?\n\n"
        "Refund 7 (questions) waits for an answer.\n"
        "It is open until 31 January 2026 12:00 UTC.\n\n"
        "https://hp.example/decide/x\n\n"
        "You sign in before you answer; the link alone allows nothing. It works for 7 days.\n"
    )
    assert "Pay &lt;b&gt;back&lt;/b&gt;?" in written.html
    assert '<a href="https://hp.example/decide/x"' in written.html
    assert "<b>" not in written.html
    assert "src=" not in written.html, "nothing is fetched from anywhere"


def test_a_mail_goes_out_in_both_forms_and_asks_for_no_automatic_answer(told):
    message = told(title="Which?\r\nBcc: all@example.com")
    message.save()
    courier.deliver_due()
    (sent,) = mail.outbox
    assert (sent.subject, sent.to, sent.bcc) == ("Which? Bcc: all@example.com", ["boss@example.com"], [])
    ((html, kind),) = sent.alternatives
    assert (kind, html.startswith("<!DOCTYPE html>")) == ("text/html", True)
    assert sent.extra_headers == {"Auto-Submitted": "auto-generated"}


@pytest.mark.parametrize(
    "said",
    ["<!channel>", "<!here|x>", "<@U123>", "<https://evil.example|Open>", "@channel", "@here", "[Open](https://evil)",
     "https://evil.example", "www.evil.example", "*bold*", "`code`", "~no~", "&lt;!channel&gt;", "\u202efdp.exe"],
)  # fmt: skip
def test_a_title_calls_nobody_and_makes_no_link(told, said):
    message = chat_message(told(title=said, run_title=f"Run {said}"))
    for text in (message["text"], message["blocks"][0]["text"]["text"]):
        rest = text.replace("https://hp.example/decide/x", "")
        assert not {"<", ">", "\u202e"} & set(rest)
        assert all(each not in rest for each in ("@c", "@h", "@U", "](", "://", "www.", "*bold", "`code"))
        assert "&lt;!channel" not in rest or said.startswith("<"), "what was escaped stays escaped"
    assert json.loads(json.dumps(message))["title"] == said.strip(), "programs have it as it was written"


def test_ordinary_words_stay_as_they_are():
    assert for_chat("Müller & Söhne: 40 € (Q2, 3 < 4)?") == "Müller &amp; Söhne: 40 € (Q2, 3 &lt; 4)?"
    assert for_chat("a@b.example") == f"a@{APART}b.example"


def test_a_long_title_is_cut_before_a_chat_refuses_it(told):
    message = chat_message(told(title="&" * 5000, run_title="<" * 200))
    assert len(message["blocks"][0]["text"]["text"]) <= 3000
    assert message["text"].endswith("https://hp.example/decide/x")


def test_an_installation_has_its_own_words_and_is_told_of_what_cannot_be_read(told, tmp_path, settings):
    own = tmp_path / "notifications"
    own.mkdir()
    (own / "chat.txt").write_text("{% autoescape off %}Bitte: {{ title }} {{ link }}{% endautoescape %}")
    first = settings.TEMPLATES[0]
    with override_settings(TEMPLATES=[{**first, "DIRS": [tmp_path, *first["DIRS"]]}]):
        assert chat_message(told(title="Ja & nein?"))["text"] == "Bitte: Ja &amp; nein? https://hp.example/decide/x"
        assert check_notifications() == []
    (own / "mail.txt").write_text("{% if %}")
    with override_settings(TEMPLATES=[{**first, "DIRS": [tmp_path, *first["DIRS"]]}]):
        (problem,) = check_notifications()
        assert (problem.id, "mail.txt" in problem.msg) == ("notifications.E001", True)


def test_the_link_is_the_question_s(told):
    question = told().suspension
    assert link_to(question.pk).startswith("http://localhost:")
