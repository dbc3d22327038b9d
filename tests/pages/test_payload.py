"""A payload on the page: unfolded on demand, searched, compared with what it was, and checked before it is amended."""

import json
import re

import pytest

from console.json_diff import MOST_CHANGES, diff
from console.templatetags import json_tree
from executions import commands
from executions.models import Event
from tests.domain import story
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_page import ATTACK, part, said, see

pytestmark = pytest.mark.usefixtures("effects_table")


def changes(before, after) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.path, each.before, each.after) for each in diff(before, after).changes]


def test_a_difference_names_what_came_went_and_changed_by_path():
    assert changes({"a": 1, "b": {"c": [1, 2]}, "d": 0}, {"a": 2, "b": {"c": [1, 2, 3]}, "e": None}) == [
        ("changed", "/a", "1", "2"),
        ("added", "/b/c/2", "", "3"),
        ("removed", "/d", "0", ""),
        ("added", "/e", "", "null"),
    ]
    assert changes({"x": [1, 2, 3]}, {"x": [0, 1, 2, 3]}) == [("added", "/x/0", "", "0")]
    assert changes({"same": 1}, {"same": 1}) == []
    assert changes({"one": 1, "yes": True}, {"one": 1.0, "yes": 1})[-1][1] == "/yes"


def test_a_long_text_is_compared_line_by_line():
    text = [f"line {number} of a long text" for number in range(20)]

    (change,) = diff({"t": "\n".join(text)}, {"t": "\n".join([*text[:9], "another line", *text[10:]])}).changes

    assert ("removed", "line 9 of a long text") in change.lines
    assert ("added", "another line") in change.lines
    assert len(change.lines) < 10


def test_a_difference_without_end_is_cut_and_says_so():
    found = diff({}, {str(number): number for number in range(MOST_CHANGES + 7)})

    assert (len(found.changes), found.left_out) == (MOST_CHANGES, 7)
    assert diff({"x": [1] * 5000}, {"x": [1] * 4999 + [2] * 2}).changes[-1].path == "/x/5000"


def test_a_pointer_finds_again_what_it_names():
    value = {"a/b": {"~": [10, {"": "end"}]}}
    path = ("a/b", "~", "1", "")

    assert json_tree.read_pointer(json_tree.pointer(path)) == path
    assert json_tree.value_at(value, path) == "end"
    with pytest.raises(LookupError):
        json_tree.value_at(value, ("a/b", "no"))
    with pytest.raises(LookupError):
        json_tree.value_at(value, ("a/b", "~", "7"))


@pytest.fixture
def large(db, cast):
    """A run with a payload of a quarter of a megabyte."""
    rows = [{"number": number, "text": "x" * 60} for number in range(2000)]
    return story.launch(cast, "noop", {"rows": rows, "letter": "y" * 60_000, "small": {"deep": {"er": 1}}})


def test_a_payload_of_256_kilobytes_is_unfolded_on_demand(large, cast):
    shown = part(see(cast, "operator", large), "payload")
    client = cast.client("operator")

    assert len(shown) < 20_000
    assert "all 60,000 characters" in shown
    link = re.search(r'hx-get="([^"]*path=%2Frows[^"]*)"', shown)[1].replace("&amp;", "&")
    rows = client.get(link, headers={"HX-Request": "true"}).content.decode()
    assert len(rows) < 60_000
    assert "1,960 more" in said(rows)
    assert 'class="key">0<' in rows
    more = re.search(r'hx-get="([^"]*begin=40[^"]*)"', rows)[1].replace("&amp;", "&")
    assert 'class="key">40<' in client.get(more, headers={"HX-Request": "true"}).content.decode()

    page = client.get(link).content.decode()
    assert "<h1>Payload</h1>" in page, "without a script the link is a page"
    assert "path=%2Frows" in page
    assert client.get(f"/executions/{large.pk}/payload?path=/nowhere").status_code == 404
    assert "y" * 60_000 in client.get(f"/executions/{large.pk}/payload?path=/letter").content.decode()


def test_a_payload_is_searched_by_keys_and_values(db, cast):
    run = story.launch(cast, "noop", {"invoice": {"Total": 12}, "note": ["the total is wrong"], ATTACK: ATTACK})

    found = said(see(cast, "auditor", run, "/payload?q=total"))
    nothing = said(see(cast, "auditor", run, "/payload?q=elsewhere"))
    attacked = see(cast, "auditor", run, "/payload?q=script")

    assert "/invoice/Total 12" in found
    assert "/note/0 the total is wrong" in found
    assert "Nothing in the payload matches" in nothing
    assert "<script>alert" not in attacked
    assert "<img" not in attacked


def test_a_payload_is_compared_with_any_earlier_boundary(db, cast):
    run = story.launch(cast, "noop", {"a": 1})
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"a": 2, "b": "new"}, reason="Corrected")

    shown = said(see(cast, "auditor", run, "/payload?against=1"))

    assert "1 added, 1 changed" in shown
    assert "changed /a before: 1 now: 2" in shown
    assert "The launch" in shown, "every boundary can be chosen"
    assert "Nothing differs" in said(see(cast, "auditor", run, "/payload?against=1&at=1"))
    for wrong in ("against=2", "against=x", "at=999", "against=99999999999999999999"):
        assert cast.client("auditor").get(f"/executions/{run.pk}/payload?{wrong}").status_code == 422


def paused(cast):
    run = story.launch(cast, "noop", {"a": 1, "b": {"c": 1}})
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    return story.fresh(run)


def send(cast, run, where: str = "", **typed):
    return cast.client("reviewer").post(f"/executions/{run.pk}/amend{where}", typed)


def test_an_amendment_is_checked_before_it_is_sent(db, cast):
    run = paused(cast)
    commands.add_reason(cast.actor("admin"), text="Agreed with the supplier", commands=["amend"])
    typed = {"changes": '{"b": {"c": 2}}', "reason": "Corrected", "version": run.version}

    checked = part(send(cast, run, "/check", **typed).content.decode(), "amend")

    assert "This is what it does 1 changed. changed /b/c before: 1 now: 2" in said(checked)
    assert "Corrected" in checked
    assert "Agreed with the supplier" in checked
    assert story.fresh(run).payload == run.payload
    mark = re.search(r'name="checked" value="(\w+)"', checked)[1]
    done = send(cast, run, **typed, checked=mark)
    assert done.status_code == 303
    assert story.fresh(run).payload["b"] == {"c": 2}


def test_what_was_edited_after_the_check_is_not_sent_unseen(db, cast):
    run = paused(cast)
    checked = send(cast, run, "/check", changes='{"a": 2}', reason="r", version=run.version).content.decode()
    mark = re.search(r'name="checked" value="(\w+)"', checked)[1]

    refused = send(cast, run, changes='{"a": 3}', reason="r", version=run.version, checked=mark)

    assert refused.status_code == 422
    assert "changed /a before: 1 now: 3" in said(part(refused.content.decode(), "amend"))
    assert story.fresh(run).payload["a"] == 1


def test_a_stale_amendment_is_refused_with_the_new_truth_beside_what_was_typed(db, cast):
    run = paused(cast)
    commands.amend_payload(cast.actor("admin"), run.pk, changes={"a": 7}, reason="Mine first")

    refused = send(cast, run, changes='{"a": 3}', reason="Mine", version=run.version)

    amend = said(part(refused.content.decode(), "amend"))
    assert refused.status_code in (409, 412)
    assert "The payload has changed since you looked." in amend
    assert "changed /a before: 7 now: 3" in amend
    assert '{"a": 3}' in amend
    assert story.fresh(run).payload["a"] == 7


@pytest.mark.parametrize("changes_typed", ["", "{", "[]", "{}"])
def test_a_check_of_nothing_says_what_to_type(db, cast, changes_typed):
    run = paused(cast)

    shown = send(cast, run, "/check", changes=changes_typed, reason="r", version=run.version)

    assert shown.status_code == 422
    assert "command-amend" in part(shown.content.decode(), "amend")
    assert "command.denied" not in story.kinds(run)


def test_the_history_reads_little_of_lines_with_large_data(large, cast):
    history = part(see(cast, "operator", large), "history")

    assert len(history) < 20_000
    assert "All of it as JSON" in history
    assert len(Event.objects.get(ledger=large.pk, seq=1).data) > 200_000


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("about=holds", ["Hold placed", "Hold noted"], ["Launched", "Refused"]),
        ("about=refused", ["Refused"], ["Hold placed"]),
        ("person=aud", ["Refused"], ["Hold placed", "Launched"]),
        ("text=supplier", ["Hold noted"], ["Hold placed", "Launched"]),
        ("text=nothing+like+this", ["No line matches"], ["Launched"]),
        ("about=odd&text=%00", ["No line matches"], []),
    ],
)
def test_the_history_is_narrowed_by_subject_person_and_words(db, cast, query, shown, hidden):
    run = story.launch(cast, "noop")
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    commands.annotate(cast.actor("reviewer"), hold.pk, text="Asked the supplier")
    with pytest.raises(commands.base.Refused):
        commands.resume(cast.actor("auditor"), run.pk)

    history = said(part(see(cast, "operator", run, f"?{query}"), "history"))

    for words in shown:
        assert words in history
    for words in hidden:
        assert words not in history.replace("Holds and freezes", "").replace("Refused attempts", "")


def test_json_of_a_payload_is_whole(large, cast):
    whole = cast.client("operator").get(f"/executions/{large.pk}/payload.json")

    assert json.loads(whole.content) == large.payload


def test_a_breakpoint_is_set_from_the_step_it_stands_before(db, cast):
    run = story.launch(cast, "noop")
    plain = part(see(cast, "operator", run), "steps")

    assert "Stop before step 1" in plain
    assert "form-stop" not in plain
    assert "Stop before" not in part(see(cast, "auditor", run), "steps")

    asked = part(see(cast, "operator", run, "?stop=step_2"), "steps")
    assert 'name="before_step" value="step_2"' in asked
    typed = {"before_step": "step_2", "reason": "Look at the totals"}
    assert cast.client("operator").post(f"/executions/{run.pk}/pause", typed).status_code == 303
    assert story.fresh(run).breakpoints == ["step_2"]
    assert "Breakpoint by operator: Look at the totals" in said(part(see(cast, "operator", run), "steps"))
