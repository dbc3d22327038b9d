"""Rules for labels: made in the settings, kept by launching; and what is in use."""

import pytest

from executions import commands, queries
from executions.errors import Invalid
from executions.models import SYSTEM_LEDGER, Event, LabelRule

pytestmark = pytest.mark.django_db
URL = "/settings/labels"


def test_make_change_and_remove_a_rule_in_the_page(cast):
    client = cast.client("admin")
    assert "No labels yet" in client.get(URL).content.decode()

    sent = {"name": "bank", "description": "Whose money", "values": "north\nsouth\n\nnorth"}
    assert client.post(f"{URL}/save", sent).status_code == 303
    rule = LabelRule.objects.get()
    assert (rule.name, rule.values, rule.description) == ("bank", ["north", "south"], "Whose money")
    assert "north\nsouth</textarea>" in client.get(URL, {"edit": "bank"}).content.decode()
    client.post(f"{URL}/save", {**sent, "values": "north"})
    client.post(f"{URL}/remove", {"name": "bank"})

    assert not LabelRule.objects.exists()
    lines = Event.objects.filter(ledger=SYSTEM_LEDGER, kind__startswith="label_rule").order_by("seq")
    assert [line.kind for line in lines] == ["label_rule.set", "label_rule.set", "label_rule.removed"]


def test_a_launch_with_a_value_that_the_rule_does_not_know_is_refused(cast):
    commands.set_label_rule(cast.actor("admin"), "bank", values=["north", "south"])
    person = cast.actor("operator")

    with pytest.raises(Invalid, match="bank takes one of: north, south; not 'west'") as refused:
        commands.launch(person, "noop", labels={"bank": "west"})

    assert "labels" in refused.value.errors
    run = commands.launch(person, "noop", labels={"bank": "north", "free": "anything"})
    with pytest.raises(Invalid, match="bank takes one of"):
        commands.label(person, run.pk, set={"bank": "east"}, reason="Moved")


def test_what_is_in_use_is_counted_and_what_breaks_a_rule_is_named(cast, django_assert_max_num_queries):
    for value in ("north", "north", "west"):
        commands.launch(cast.actor("operator"), "noop", labels={"bank": value, "batch": value})
    commands.set_label_rule(cast.actor("admin"), "bank", values=["north"])

    used = {use.name: use for use in queries.labels_in_use()}
    assert (used["bank"].runs, used["bank"].distinct, used["bank"].values) == (3, 2, ["north", "west"])
    client = cast.client("operator")
    with django_assert_max_num_queries(8):
        page = client.get(URL).content.decode()
    assert "Runs also carry west." in page
    assert "no rule" in page
    assert "/executions?label=bank" in page


def test_others_see_the_rules_and_change_none(cast):
    commands.set_label_rule(cast.actor("admin"), "bank", values=["north"])
    client = cast.client("reviewer")

    assert "needs the scope console:manage" in client.get(URL).content.decode()
    assert client.post(f"{URL}/save", {"name": "x", "values": ""}).status_code == 403
    assert client.post(f"{URL}/remove", {"name": "bank"}).status_code == 403
    assert LabelRule.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a", "values": "y" * 101}, "values"),
        ({"name": "a", "values": "\n".join(map(str, range(101)))}, "values"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(cast, wrong, field):
    answer = cast.client("admin").post(f"{URL}/save", {"values": "", **wrong})

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
