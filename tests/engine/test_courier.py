"""Messages about questions: from rows, at least once, to whoever the operator named; a run never waits for one."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.db.models.functions import Now

from executions import commands
from executions.decisionlink import read_token
from executions.engine import courier
from executions.models import Notification
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.engine.watching import QUICK, fresh, launch, wait_for, wait_until

pytestmark = pytest.mark.usefixtures("effects_table")


class Mailbox(ThreadingHTTPServer):
    """A webhook of somebody's: keeps what it is sent, and answers as the test wants."""

    def __init__(self) -> None:
        self.got: list[dict] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/secret-path"


class Handler(BaseHTTPRequestHandler):
    server: Mailbox

    def do_POST(self):
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", self.server.url + "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def mailbox():
    server = Mailbox()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def notify(settings):
    """`notify(url, …)` names the addresses that are told."""

    def to(*targets):
        settings.HOLDPOINT = {**settings.HOLDPOINT, "NOTIFY": list(targets)}

    return to


def ask(cast, **payload):
    run = story.work(story.launch(cast, "questions", payload))
    return run, run.suspensions.get()


def try_again():
    Notification.objects.filter(next_at__isnull=False).update(next_at=Now())
    return courier.deliver_due()


def test_s9_a_question_is_told_of_once_with_a_link_and_nothing_of_what_it_shows(db, cast, notify, mailbox):
    notify(mailbox.url)
    run, question = ask(cast, urgency="high", title="Which\ncolour?")
    assert courier.deliver_due() == 1
    assert courier.deliver_due() == 0
    (message,) = mailbox.got
    assert (message["title"], message["urgency"], message["occasion"]) == ("Which colour?", "high", "opened")
    assert message["run"] == {"id": str(run.pk), "title": run.title, "workflow": "questions"}
    assert read_token(message["link"].rpartition("/")[2]) == question.pk
    assert message["link"] in message["text"]
    assert not {"context", "prompt", "payload", "answer"} & set(message)
    (told,) = question.notifications.all()
    assert (told.status, told.attempts, told.error, told.place) == ("delivered", 1, "", "127.0.0.1")


def test_nobody_is_told_where_nobody_was_named_nor_of_what_waits_for_no_person(db, cast, notify, mailbox):
    _, question = ask(cast)
    assert not question.notifications.exists()
    notify(mailbox.url)
    from executions.engine.notices import notify as tell

    question.kind = "event"
    tell(question, "opened")
    assert not question.notifications.exists()


def test_s9_what_cannot_be_delivered_is_tried_again_later_and_later_and_shown_as_failing(
    db, cast, notify, mailbox, settings
):
    notify(mailbox.url)
    mailbox.answers = [500, 302]
    run, question = ask(cast)
    courier.deliver_due()
    told = question.notifications.get()
    assert (told.status, told.attempts, "500" in told.error) == ("failing", 1, True)
    first = told.next_at
    assert courier.deliver_due() == 0
    html = cast.client("reviewer").get(f"/executions/{run.pk}").content.decode()
    assert "The message to 127.0.0.1 (opened) could not be delivered" in html
    assert "secret-path" not in html
    document = cast.client("reviewer").get(f"/v1/async-executions/{run.pk}").json()
    (shown,) = document["suspensions"][0]["notifications"]
    assert (shown["status"], shown["to"], shown["attempts"]) == ("failing", "127.0.0.1", 1)
    assert "secret-path" not in json.dumps(document)

    try_again()
    told.refresh_from_db()
    assert (told.status, "302" in told.error, len(mailbox.got)) == ("failing", True, 2)  # a redirect is not followed
    assert told.next_at > first
    try_again()
    told.refresh_from_db()
    assert (told.status, told.error) == ("delivered", "")


def test_s9_after_many_attempts_it_is_given_up_with_its_error_kept(db, cast, notify):
    notify("http://127.0.0.1:9/nobody-listens")
    _, question = ask(cast)
    Notification.objects.update(attempts=courier.MOST_ATTEMPTS - 1)
    try_again()
    told = question.notifications.get()
    assert (told.status, told.next_at) == ("given up", None)
    assert "refused" in told.error
    assert try_again() == 0


def test_a_message_about_a_question_that_was_closed_meanwhile_is_not_sent(db, cast, notify, mailbox):
    notify(mailbox.url)
    _, question = ask(cast)
    commands.answer(cast.actor("reviewer"), question.pk, data={"answer": "x"}, context_digest=question.context_digest)
    courier.deliver_due()
    assert mailbox.got == []
    assert question.notifications.get().error == courier.CLOSED


def test_s9_by_mail(db, cast, notify):
    notify("mailto:boss@example.com")
    _, question = ask(cast, urgency="high", deadline=3600)
    courier.deliver_due()
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["boss@example.com"], "Urgent: Which colour?")
    assert "/decide/" in letter.body
    assert question.notifications.get().status == "delivered"


def test_a_mail_server_that_says_nothing_is_given_up_after_its_timeout_and_others_are_told(
    db, cast, notify, mailbox, settings
):
    notify("mailto:boss@example.com", mailbox.url)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {"host": "127.0.0.1", "port": silent.getsockname()[1], "timeout": 0.2}
        backend = "django.core.mail.backends.smtp.EmailBackend"
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        _, asked = ask(cast)
        assert courier.deliver_due() == 2

    mailed, told = asked.notifications.order_by("target").reverse()
    assert (mailed.status, "timed out" in mailed.error) == ("failing", True)
    assert (told.status, len(mailbox.got)) == ("delivered", 1)


def test_an_escalation_and_a_reminder_are_told_too(db, cast, notify, mailbox):
    from executions.engine import deadlines

    notify(mailbox.url)
    run, question = ask(cast, deadline=3600, on_deadline="escalate", escalate_to={"group": "admin"}, remind=60)
    deadlines.expire(str(question.pk), str(run.pk), question.deadline)
    type(question).objects.filter(pk=question.pk).update(remind_at=Now())
    deadlines.remind_of_questions()
    courier.deliver_due()
    assert [message["occasion"] for message in mailbox.got] == ["opened", "escalated", "reminded"]
    assert mailbox.got[2]["text"].startswith("Reminder: ")


def test_an_address_that_hangs_delays_no_other_and_is_sent_one_message_after_the_other(
    live_db, cast, notify, monkeypatch
):
    Notification.objects.update(next_at=None)  # what other tests have left
    notify("https://hangs.example/x", "mailto:boss@example.com", "https://quick.example/x")
    for _ in range(2):
        ask(cast)
    hanging, others, sent = threading.Event(), threading.Semaphore(0), []

    def send(message):
        if "hangs" in message.target and not hanging.is_set():
            hanging.set()
            assert all(others.acquire(timeout=60) for _ in range(4)), "the others were not sent meanwhile"
        elif "hangs" not in message.target:
            others.release()
        sent.append((message.place, message.suspension_id))

    monkeypatch.setattr(courier, "_send", send)
    monkeypatch.setattr(courier, "SLICE_SECONDS", 600)
    begun = courier.begin_due()
    assert len(begun) == 3
    assert hanging.wait(60)
    for thread in begun:
        thread.join(60)
    assert not Notification.objects.filter(next_at__isnull=False).exists()
    assert len(sent) == 6
    questions = list(dict.fromkeys(question for place, question in sent if place == "quick.example"))
    for place in ("hangs.example", "boss@example.com"):
        assert [question for each, question in sent if each == place] == questions, "in their order"


def test_s9_a_webhook_that_never_answers_delays_no_run(cast, workers):
    """A worker with an address that swallows everything asks, is answered and goes on at its usual speed."""
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        address = f"http://127.0.0.1:{black_hole.getsockname()[1]}/x"
        workers(1, **QUICK, HOLDPOINT_NOTIFY=address, HOLDPOINT_NOTIFY_PLAIN="1")
        errors = []
        for _ in range(3):
            run = launch(cast, "questions")
            wait_for(run, "suspended")
            question = run.suspensions.get()
            commands.answer(
                cast.actor("reviewer"), question.pk, data={"answer": "x"}, context_digest=question.context_digest
            )
            wait_for(run, "succeeded")
            errors.append(question.notifications.get().error)
        assert {"", courier.CLOSED} & set(errors), "no run waits until an attempt has been given up"
        last = launch(cast, "questions")
        wait_for(last, "suspended")
        told = wait_until(lambda: last.suspensions.get().notifications.filter(attempts__gt=0).first(), "attempted")
        wait_until(lambda: (told.refresh_from_db(), told.status == "failing")[1], "shown as failing")
        assert fresh(last).state == "suspended"


def test_s9_the_worker_that_asked_is_gone_and_another_delivers(cast, workers, mailbox):
    """Messages are rows: nothing of them is in the memory of the process that wrote them."""
    environment = {**QUICK, "HOLDPOINT_NOTIFY": mailbox.url, "HOLDPOINT_NOTIFY_PLAIN": "1"}
    mailbox.answers = [503] * 1
    (first,) = workers(1, **environment)
    run = launch(cast, "questions")
    wait_for(run, "suspended")
    question = run.suspensions.get()
    wait_until(lambda: question.notifications.filter(attempts=1).exclude(error=""), "failed once")
    first.kill9()
    question.notifications.update(next_at=Now())
    workers(1, **QUICK)
    wait_until(lambda: question.notifications.get().status == "delivered", "delivered")
    assert len(mailbox.got) == 2
