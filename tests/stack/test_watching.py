"""The dashboard and the alerts that come along name metrics and labels that exist."""

import json
import re

import pytest
import yaml

from console.stack.home import PROJECT
from executions.meters.catalogue import CATALOGUE, HISTOGRAM, PREFIX
from scripts.dashboard import TARGET, text

ALERTS = PROJECT / "docs/watch/alerts.yml"
SELECTED = re.compile(rf"{PREFIX}([a-z_]+)(?:{{([^}}]*)}})?")
LABEL = re.compile(r"([a-z_]+)(?:=~|!~|!=|=)")
GROUPED = re.compile(r"by \(([^)]*)\)")


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def queries():
    panels = json.loads(TARGET.read_text())["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return [*(rule["expr"] for rule in rules()), *shown]


def metric(name):
    """Return the metric of a series: a histogram has three."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    found = CATALOGUE.get(re.sub(r"_(bucket|count|sum)$", "", name))
    assert found is not None, name
    assert found.kind == HISTOGRAM, name
    return found


@pytest.mark.parametrize("query", queries())
def test_every_metric_and_label_exists(query):
    named = SELECTED.findall(query)
    assert named
    labels = {"le"}
    for name, selector in named:
        assert set(LABEL.findall(selector)) <= set(metric(name).labels), name
        labels |= set(metric(name).labels)
    for group in GROUPED.findall(query):
        assert {label.strip() for label in group.split(",")} <= labels, query
    for opening, closing in ("()", "{}", "[]"):
        assert query.count(opening) == query.count(closing)


def test_the_dashboard_is_the_one_that_the_script_makes():
    assert TARGET.read_text() == text()
    panels = json.loads(text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_alert_says_what_is_wrong_and_what_to_do():
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) > 15
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["do"]


def test_what_alarms_are_raised_by_is_shown_or_documented():
    told = (PROJECT / "docs/reference/metrics.md").read_text()
    assert all(f"`{PREFIX}{name}`" in told for name in CATALOGUE)
