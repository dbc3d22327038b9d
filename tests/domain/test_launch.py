"""launch: a run begins, or is refused with the field named."""

import datetime
import uuid

import pytest

from executions import commands
from executions.errors import Invalid, NotAllowed, TooLarge
from executions.models import Execution
from tests.domain import story
from tests.domain.refusal import refused

pytestmark = pytest.mark.usefixtures("db")


def test_a_run_begins_queued_with_its_route_its_input_and_its_launcher(cast):
    run = story.launch(cast, "counting", {"items": 3}, title="  Three  ", labels={"team": "north"}, priority=7)
    assert (run.state, run.ahead, run.steps_done) == ("queued", ["count", "report"], 0)
    assert run.payload == {"items": 3, "seconds": 0.0, "label": ""}  # A9: defaults are filled in
    assert (run.title, run.labels, run.priority) == ("Three", {"team": "north"}, 7)
    assert run.launched_by == f"user:{cast.operator.pk}"
    (event,) = story.events(run)
    assert (event.kind, event.seq, event.actor_name, event.actor_role, event.via) == (
        "execution.launched", 1, "operator", "operator", "console",
    )  # fmt: skip
    assert story.data_of(event)["payload"] == run.payload


def test_a_blank_title_becomes_the_workflows(cast):
    assert story.launch(cast).title == "Nothing, many times"


def test_ids_sort_by_time(cast):
    first, second = story.launch(cast), story.launch(cast)
    assert first.pk < second.pk
    assert first.pk.version == 7


def test_a_later_start_is_kept_and_not_claimed_before(cast):
    run = story.launch(cast, not_before=datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1))
    assert run.state == "queued"
    assert story.claim(run) is None


@pytest.mark.parametrize("role", ["auditor", "outsider"])
def test_h6_launch_needs_its_scope(cast, role):
    with refused(NotAllowed, match="executions:launch"):
        commands.launch(cast.actor(role), "noop")
    assert not Execution.objects.exists()


@pytest.mark.parametrize(
    "name", ["nothing", "", "NOOP", "no\x00op", "\ud800", "x" * 10_000, None, 7, ["noop"], {"a": 1}]
)
def test_an_unknown_workflow_is_refused_with_those_that_are_known(cast, name):
    with refused(Invalid, match="Known: .*noop", field="workflow"):
        story.launch(cast, name)


DEEP: dict = {}
for _ in range(5000):
    DEEP = {"a": DEEP}


NO_PAYLOADS = {
    "a list": [1],
    "a text": "text",
    "a number": 7,
    "a boolean": True,
    "a set": {"a": {1, 2}},
    "NaN": {"a": float("nan")},
    "infinity": {"a": float("inf")},
    "NUL": {"a": "nul \x00"},
    "NUL in a name": {"nul \x00": 1},
    "half a surrogate pair": {"a": "\ud800"},
    "half a surrogate pair in a name": {"\udfff": 1},
    "an endless number": {"a": 10**5000},
    "an object": {"a": object()},
    "a tuple as name": {(1, 2): 3},
    "5,000 levels": DEEP,
}


@pytest.mark.parametrize("payload", NO_PAYLOADS.values(), ids=NO_PAYLOADS)
def test_a_payload_that_is_no_storable_object_is_refused(cast, payload):
    with refused(Invalid, field="payload"):
        story.launch(cast, "noop", payload)


@pytest.mark.parametrize("depth", [10, 50])
def test_a_payload_may_nest_as_deep_as_people_can_read(cast, depth):
    payload: dict = {}
    for _ in range(depth):
        payload = {"a": payload}
    assert story.launch(cast, "noop", payload).payload == payload


def test_a_backslash_before_u0000_is_text_like_any_other(cast):
    payload = {"path": r"C:\u0000"}
    assert story.launch(cast, "noop", payload).payload == payload


def test_a_huge_payload_is_refused(cast, settings):
    with refused(TooLarge, field="payload"):
        story.launch(cast, "noop", {"a": "x" * settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]})


def test_the_limit_counts_bytes_not_characters(cast, settings):
    with refused(TooLarge):
        story.launch(cast, "noop", {"a": "€" * (settings.HOLDPOINT["MAX_PAYLOAD_BYTES"] // 2)})


def test_a3_unknown_fields_are_refused_and_named(cast):
    with refused(Invalid, field="itmes") as caught:
        story.launch(cast, "counting", {"itmes": 3})
    assert "items" in caught.value.detail


def test_a_refusal_of_ten_thousand_unknown_fields_is_recorded_in_brief(cast):
    with refused(Invalid):
        story.launch(cast, "counting", {f"field {number}": 0 for number in range(10_000)})
    event = story.Event.objects.filter(kind="command.denied").last()
    assert len(event.data) < 20_000
    assert len(event.reason) <= 2000


@pytest.mark.parametrize("payload", [{"items": "many"}, {"items": -1}, {"items": 3.5}, {"items": None}, {"items": [1]}])
def test_a9_a_bad_field_is_refused_by_the_form(cast, payload):
    with refused(Invalid, field="items"):
        story.launch(cast, "counting", payload)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "nul\x00"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"title": 7}, "title"),
        ({"labels": {"a": 1}}, "labels"),
        ({"labels": {"": "x"}}, "labels"),
        ({"labels": {"a": "x" * 101}}, "labels"),
        ({"labels": {"a" * 61: "x"}}, "labels"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": {str(number): "x" for number in range(31)}}, "labels"),
        ({"labels": {"a": "\x00"}}, "labels"),
        ({"priority": 10}, "priority"),
        ({"priority": -1}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": "5"}, "priority"),
        ({"not_before": datetime.datetime(2030, 1, 1)}, "not_before"),  # noqa: DTZ001  (naive on purpose)
        ({"not_before": "tomorrow"}, "not_before"),
        ({"files": [("a.txt", b"a")]}, "files"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bad_extras_are_refused_and_named(cast, more, field):
    with refused(Invalid, field=field):
        story.launch(cast, "noop", {}, **more)


def test_files_are_stored_with_digest_and_listed_in_the_payload(cast):
    run = story.launch(cast, "filing", files=[("b.txt", b"b"), (" a.txt ", b"a")])
    assert run.payload == {"files": ["b.txt", "a.txt"]}
    stored = run.files.get(name="a.txt")
    assert (stored.version, stored.size, bytes(stored.content)) == (1, 1, b"a")
    assert stored.sha256 == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


@pytest.mark.parametrize(
    "name",
    ["", " ", "../up.txt", "a/b.txt", "a\\b.txt", "nul\x00.txt", "line\n.txt", "\ud800.txt", "x" * 201, "\u202egpj.txt",
     ".", "..", None, 7],
    ids=repr,
)  # fmt: skip
def test_a_file_name_is_no_path_and_no_trick(cast, name):
    with refused(Invalid, field="files"):
        story.launch(cast, "filing", files=[(name, b"a")])


@pytest.mark.parametrize(
    "files",
    [
        [],
        [(f"{number}.txt", b"a") for number in range(11)],
        [("a.txt", b"")],
        [("a.txt", b"a"), ("a.txt", b"b")],
        [("a.txt", b"a"), (" a.txt", b"b")],
        [("caf\u00e9.txt", b"a"), ("cafe\u0301.txt", b"b")],  # the same name, written in two ways
    ],
    ids=["none", "too many", "empty", "name twice", "name twice but for a space", "name twice in Unicode"],
)
def test_files_that_the_workflow_does_not_take_are_refused(cast, files):
    with refused(Invalid, field="files"):
        story.launch(cast, "filing", files=files)


def test_every_bad_file_is_named_not_just_the_first(cast):
    with refused(Invalid) as caught:
        story.launch(cast, "filing", files=[("a/b", b"x"), ("good", b"x"), ("empty", b"")])
    assert len(caught.value.errors["files"]) == 2


def test_a_huge_file_is_refused(cast, settings):
    with refused(TooLarge, field="files"):
        story.launch(cast, "filing", files=[("a.txt", b"x" * (settings.HOLDPOINT["MAX_FILE_BYTES"] + 1))])


def test_what_a_check_says_of_a_file_is_recorded_even_if_it_cannot_be_stored_as_it_is(cast, monkeypatch):
    from django.core.exceptions import ValidationError

    from executions import FileRules
    from executions.authoring import registry

    def check(name: str, content: bytes) -> None:
        raise ValidationError(f"bad: {content.decode()} \ud800")

    monkeypatch.setattr(registry.find("filing"), "files", FileRules(check=check))
    with refused(Invalid, field="files"):
        story.launch(cast, "filing", files=[("a.txt", b"\x00")])


def test_a_launch_that_is_refused_leaves_nothing(cast):
    with refused(Invalid):
        story.launch(cast, "filing", files=[("a.txt", b"a")], labels={"a": 1})
    assert not Execution.objects.exists()


@pytest.mark.parametrize("key", [uuid.UUID(int=7), "nonsense", "", "x" * 500, "\x00", None, 7])
def test_an_unknown_id_is_not_found_by_any_command(cast, key):
    actor = cast.actor("admin")
    for act in (
        lambda: commands.pause(actor, key, reason="x"),
        lambda: commands.resume(actor, key),
        lambda: commands.cancel(actor, key, reason="x"),
        lambda: commands.retry(actor, key, reason="x"),
        lambda: commands.place(actor, key, reason="x"),
        lambda: commands.amend_payload(actor, key, changes={"a": 1}, reason="x"),
        lambda: commands.replace_file(actor, key, "a", b"a", reason="x"),
        lambda: commands.annotate(actor, key, text="x"),
        lambda: commands.release(actor, key, reason="x"),
        lambda: commands.answer(actor, key, data={}, context_digest=""),
    ):
        with refused(commands.base.NotFound, match="There is no"):
            act()
