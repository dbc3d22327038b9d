"""Answering and releasing from the inbox: the next one comes up, refusals keep what was typed, news meanwhile."""

import pytest

from executions import commands
from executions.models import Suspension
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.pages.test_inbox import ask, see, words

pytestmark = pytest.mark.usefixtures("db", "effects_table")
HTMX = {"HTTP_HX_REQUEST": "true"}


def pause(cast, who="operator", run=None, **more):
    return commands.pause(cast.actor(who), (run or story.launch(cast)).pk, reason="Totals differ", **more)


def answer(cast, who, asked, query="", *, typed=None, **more):
    sent = {"answer-answer": "x", "context_digest": asked.context_digest, **(typed or {})}
    return cast.client(who).post(f"/inbox/questions/{asked.pk}/answer?desk=inbox{query}", sent, **more)


def act(cast, who, hold, command, typed, query="", *, desk="inbox", **more):
    return cast.client(who).post(f"/holds/{hold.pk}/{command}?desk={desk}{query}", typed, **more)


def test_the_first_of_the_list_is_open_and_each_has_an_address(cast):
    _, first = ask(cast, title="First", urgency="high")
    _, second = ask(cast, title="Second", deadline=1800, on_deadline="cancel")
    page = see(cast, "reviewer", "/inbox")
    assert f'id="form-answer-{first.pk}"' in page.content.decode()
    page = see(cast, "reviewer", f"/inbox?item=question-{second.pk}")
    assert f'id="form-answer-{second.pk}"' in page.content.decode()
    assert "then the run is cancelled" in words(page)
    assert 'data-tone="bad">due' in page.content.decode()
    detail = see(cast, "reviewer", f"/inbox?item=question-{second.pk}", HTTP_HX_TARGET="detail", **HTMX)
    assert detail.content.decode().lstrip().startswith('<section class="desk-detail"')
    for nothing in ("question-1", f"hold-{second.pk}", f"question-{second.pk}x"):
        assert see(cast, "reviewer", f"/inbox?item={nothing}").status_code == 200
    assert "There is no such question or hold" in words(see(cast, "reviewer", f"/inbox?item=hold-{second.pk}"))


def test_a11_an_answer_without_a_script_leads_to_the_next_question(cast):
    _, first = ask(cast)
    _, second = ask(cast)
    sent = answer(cast, "reviewer", first, f"&kind=question&next=question-{second.pk}")
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/inbox?kind=question&item=question-{second.pk}")
    first.refresh_from_db()
    assert (first.answer, first.answered_via) == ({"answer": "x"}, "console")


def test_with_a_script_the_list_comes_back_with_the_next_one_open(cast):
    _, first = ask(cast)
    _, second = ask(cast, title="Comes next")
    sent = answer(cast, "reviewer", first, f"&item=question-{first.pk}&next=question-{second.pk}", **HTMX)
    page = sent.content.decode()
    assert sent.status_code == 200
    assert '<div class="desk" id="desk" hx-swap-oob="true" data-chosen' in page
    assert f'id="form-answer-{second.pk}"' in page
    assert "Answered: Which colour?" in words(sent)
    assert sent.headers["HX-Replace-Url"] == f"/inbox?item=question-{second.pk}"


def test_a_stale_answer_is_refused_with_the_new_content_beside_what_was_typed(cast):
    _, asked = ask(cast)
    query = f"&item=question-{asked.pk}"
    typed = {"context_digest": "what was shown before", "answer-answer": "my long answer"}
    for more in ({}, HTMX):
        sent = answer(cast, "reviewer", asked, query, typed=typed, **more)
        page = sent.content.decode()
        assert sent.status_code == 412
        assert "my long answer</textarea>" in page
        assert 'role="alert"' in page
        assert f'name="context_digest" value="{asked.context_digest}"' in page
    asked.refresh_from_db()
    assert asked.is_open


def test_an_answer_that_comes_second_says_who_was_first_and_keeps_what_was_typed(cast):
    _, asked = ask(cast)
    commands.answer(cast.actor("reviewer2"), asked.pk, data={"answer": "red"}, context_digest=asked.context_digest)
    sent = answer(cast, "reviewer", asked, f"&item=question-{asked.pk}", typed={"answer-answer": "blue"})
    assert sent.status_code == 409
    told = words(sent)
    assert "reviewer2 answered this question already" in told
    assert "You had written: answer blue" in told
    assert '"red"' in told


def test_of_two_approvers_the_first_goes_on_and_the_second_sees_the_vote(cast):
    run = story.work(story.launch(cast, "signing", {"who": {"group": "reviewer", "approvals": 2}}))
    asked = run.suspensions.get()
    typed = {"answer-decision": "approve"}
    assert "0 of 2 approvals" in words(see(cast, "reviewer", "/inbox"))
    assert answer(cast, "reviewer", asked, typed=typed).status_code == 303
    assert "Sign?" not in words(see(cast, "reviewer", "/inbox"))
    mine = words(see(cast, "reviewer", "/inbox?tab=mine"))
    assert "1 of 2 approvals" in mine
    assert "1 of 2 approvals" in words(see(cast, "reviewer2", "/inbox"))
    assert answer(cast, "reviewer2", asked, typed=typed).status_code == 303
    assert "Answered by reviewer2" in words(see(cast, "reviewer", "/inbox?tab=all"))


def test_a_hold_is_annotated_handed_over_and_released_in_place(cast):
    hold = pause(cast)
    item = f"hold-{hold.pk}"
    assert act(cast, "operator", hold, "annotate", {"text": "Called the bank"}, f"&item={item}").status_code == 303
    page = see(cast, "operator", f"/inbox?item={item}")
    assert "Called the bank" in words(page)
    assert "The run goes on with" in words(page)
    moved = act(cast, "operator", hold, "hand-over", {"to": "reviewer", "reason": "Shift ends"}, f"&item={item}")
    assert moved.headers["Location"] == f"/inbox?item={item}"
    refused = act(cast, "operator", hold, "release", {"reason": " "}, f"&item={item}", **HTMX)
    assert refused.status_code == 422
    assert "Say why." in words(refused)
    done = act(cast, "operator", hold, "release", {"reason": "Settled"}, f"&item={item}", **HTMX)
    assert "Released: Totals differ" in words(done)
    assert "Nothing waits for you" in words(done)
    assert "Released by operator" in words(see(cast, "operator", "/inbox?tab=mine"))


def test_dual_control_is_explained_in_words(cast):
    hold = commands.place(cast.actor("reviewer"), story.launch(cast).pk, reason="Two pairs of eyes", dual_control=True)
    address = f"/inbox?item=hold-{hold.pk}"
    assert "you placed it; somebody else must release it" in words(see(cast, "reviewer", address))
    assert "reviewer placed it and cannot release it. You can." in words(see(cast, "reviewer2", address))
    sent = act(cast, "reviewer", hold, "release", {"reason": "x"}, f"&item=hold-{hold.pk}")
    assert sent.status_code == 403
    assert "Nothing was changed. You had written:" in words(sent)
    assert "whole tree" not in words(see(cast, "reviewer2", address))


def test_news_tell_of_new_ones_of_rows_that_changed_and_of_what_is_open(cast):
    _, asked = ask(cast, title="Open now")
    page = see(cast, "reviewer", "/inbox").content.decode()
    shown = page.partition('data-news-row="question-')[2]
    seen = shown.partition(":")[2][:8]
    query = {"rows": f"question-{asked.pk}:{seen}", "item": f"question-{asked.pk}", "seen": seen}
    calm = cast.client("reviewer").get("/inbox/news", query).content.decode()
    assert "data-row" not in calm
    assert " new</a>" not in calm
    ask(cast, title="Came later")
    commands.answer(cast.actor("reviewer2"), asked.pk, data={"answer": "x"}, context_digest=asked.context_digest)
    news = cast.client("reviewer").get("/inbox/news", query)
    assert "1 new" in words(news)
    assert "Answered by reviewer2 meanwhile." in words(news)
    assert f'id="row-question-{asked.pk}"' in news.content.decode()
    assert cast.client("reviewer").get("/inbox/news?rows=odd,question-1:2,:").status_code == 200
    assert cast.client("reviewer").get("/inbox/count").json() == {"count": 1, "text": "1"}
    assert cast.client("auditor").get("/inbox/count").json() == {"count": 0, "text": "0"}


def test_filters_have_addresses_and_empty_lists_differ(cast):
    assert "Nothing waits for you" in words(see(cast, "reviewer", "/inbox"))
    assert "You have answered nothing yet" in words(see(cast, "reviewer", "/inbox?tab=mine"))
    assert "Nothing was answered yet" in words(see(cast, "reviewer", "/inbox?tab=all"))
    ask(cast, title="A question")
    pause(cast)
    page = words(see(cast, "reviewer", "/inbox?kind=hold"))
    assert "Totals differ" in page
    assert "A question" not in page
    assert "Nothing matches" in words(see(cast, "reviewer", "/inbox?workflow=signing"))
    assert "Nothing matches" in words(see(cast, "reviewer", "/inbox?urgency=low"))
    assert see(cast, "reviewer", "/inbox?cursor=odd").status_code == 422
    desk = see(cast, "reviewer", "/inbox?kind=&urgency=&workflow=noop", HTTP_HX_TARGET="desk", **HTMX)
    assert desk.headers["HX-Push-Url"] == "/inbox?workflow=noop"


def test_commands_take_no_get_and_no_strangers(cast):
    _, asked = ask(cast)
    hold = pause(cast)
    for address in (
        f"/inbox/questions/{asked.pk}/answer",
        *(f"/holds/{hold.pk}/{name}" for name in ("annotate", "release")),
    ):
        assert see(cast, "admin", address).status_code == 405
        assert cast.client("outsider").post(address, {"reason": "x", "text": "x"}).status_code == 403
    assert Suspension.objects.get().is_open
    unknown = "00000000-0000-0000-0000-000000000001"
    assert cast.client("reviewer").post(f"/inbox/questions/{unknown}/answer").status_code == 404
    assert cast.client("reviewer").post(f"/holds/{unknown}/release", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("rows", [3, 12])
def test_the_inbox_costs_the_same_for_any_number(cast, rows, django_assert_max_num_queries):
    for number in range(rows):
        ask(cast, title=f"Question {number}", deadline=3600)
        pause(cast)
    client = cast.client("reviewer")
    client.get("/inbox")
    with django_assert_max_num_queries(20):
        assert f"Question {rows - 1}" in words(client.get("/inbox"))
    with django_assert_max_num_queries(8):
        client.get("/inbox/count")
