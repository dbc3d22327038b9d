"""The components of the console, from values alone: what people see, and that nothing typed in becomes markup."""

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone

from console.templatetags import holdpoint, json_tree, wording
from executions.states import STATES

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class ReasonForm(forms.Form):
    """A form as the commands have it."""

    reason = forms.CharField(widget=forms.Textarea, help_text="Everyone reads this.")
    ticket = forms.CharField(required=False)
    sure = forms.BooleanField()
    decision = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "Accept"), ("l", ATTACK)])


def render(source: str, **context: object) -> str:
    return Template("{% load holdpoint %}" + source).render(Context(context))


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_shown_by_word_shape_and_colour(state: str) -> None:
    pill = holdpoint.state_pill(state)

    assert f'data-state="{state}"' in pill
    assert f"<span>{state.capitalize()}</span>" in pill
    assert "<svg" in pill


def test_no_two_states_share_a_shape() -> None:
    assert len({holdpoint.state_glyph(state) for state in STATES}) == len(STATES)


def test_an_icon_is_hidden_from_screen_readers_unless_it_is_labelled() -> None:
    assert 'aria-hidden="true"' in holdpoint.icon("pause")
    labelled = holdpoint.icon("pause", "Paused")
    assert 'aria-label="Paused"' in labelled
    assert 'aria-hidden="true"' not in labelled


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "now"), (3, "3 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (90000, "1 d ago"), (-300, "in 5 min")],
)
def test_a_moment_is_told_relative_to_now(seconds: float, words: str) -> None:
    assert wording.relative(seconds) == words


def test_when_shows_the_relative_and_the_exact_time_in_utc() -> None:
    moment = datetime(2026, 3, 1, 14, 5, 9, tzinfo=UTC)

    shown = holdpoint.when(moment)

    assert 'datetime="2026-03-01T14:05:09.000+00:00"' in shown
    assert "1 Mar 2026 14:05:09 UTC" in shown
    assert " d ago" in shown


def test_when_leaves_out_the_day_for_today_only_in_the_short_text() -> None:
    moment = timezone.now() - timedelta(microseconds=1)

    shown = holdpoint.when(moment)

    assert f'<span class="when-exact">{moment:%H:%M:%S} UTC</span>' in shown
    assert f'title="{moment:%-d %b %Y %H:%M:%S} UTC"' in shown


def test_when_says_so_if_it_never_happened() -> None:
    assert "–" in holdpoint.when(None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (-1, "0 ms"),
        (0.034, "34 ms"),
        (1.24, "1.2 s"),
        (9.97, "10 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (33300, "9 h 15 min"),
        (200000, "2 d 7 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, words: str) -> None:
    assert holdpoint.duration(seconds) == words


def test_copy_id_shows_the_end_and_copies_the_whole() -> None:
    shown = holdpoint.copy_id("01932f6e-7b1c-7c40-9d2e-5a1b5fd0a7c2", 8)

    assert 'data-copy="01932f6e-7b1c-7c40-9d2e-5a1b5fd0a7c2"' in shown
    assert ">…5fd0a7c2<" in shown


def test_copy_id_escapes_what_it_shows() -> None:
    assert "<script" not in holdpoint.copy_id(ATTACK)
    assert "<img" not in holdpoint.copy_id(ATTACK)


def test_a_rail_draws_the_gate_only_where_a_run_is_held() -> None:
    assert 'class="gate"' in holdpoint.rail(2, 5, "paused")
    assert 'class="gate"' not in holdpoint.rail(2, 5, "processing")
    assert holdpoint.rail(2, 5, "processing").count('class="done"') == 2


def test_a_rail_says_how_far_it_is_in_words_too() -> None:
    shown = holdpoint.rail(3, 5, "paused")

    assert "3<" in shown
    assert "/5" in shown
    assert "steps done" in shown


@pytest.mark.parametrize(("done", "total"), [(0, 0), (7, 5), (150, 200)])
def test_a_rail_stays_inside_its_box(done: int, total: int) -> None:
    shapes = wording.rail_shapes(min(done, total), total, "paused")

    assert all(x >= 0 and x + width <= 72 and width >= 0 for x, width, _ in shapes["ticks"])


def test_json_is_escaped_in_keys_and_in_values() -> None:
    shown = holdpoint.json_tree({ATTACK: ATTACK, "list": [ATTACK], "deep": {"k": {ATTACK: 1}}})

    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown


def test_json_levels_beyond_the_open_depth_start_closed() -> None:
    shown = json_tree.render({"a": {"b": {"c": 1}}}, open_depth=1)

    assert shown.count("<details open>") == 1
    assert shown.count("<details>") == 2


def test_json_tells_types_apart() -> None:
    shown = json_tree.render({"s": "x", "n": 1.5, "b": False, "z": None, "e": []})

    for kind in ("string", "number", "boolean", "null"):
        assert f'data-type="{kind}"' in shown
    assert "[]" in shown
    assert "false" in shown


def test_a_bottomless_json_value_becomes_text_instead_of_a_bottomless_page() -> None:
    value: object = ATTACK
    for _ in range(200):
        value = {"k": value}

    shown = json_tree.render(value)

    assert shown.count("<details") == json_tree.MAX_DEPTH
    assert "<script" not in shown


def test_a_huge_json_value_says_how_much_is_not_shown() -> None:
    shown = json_tree.render(list(range(json_tree.MAX_NODES + 500)))

    assert "500 more not shown here" in shown
    assert shown.count('data-type="number"') == json_tree.MAX_NODES


def test_a_long_json_text_is_cut_and_says_so() -> None:
    assert "(10 characters more)" in json_tree.render("x" * (json_tree.MAX_TEXT + 10))


def test_a_field_ties_label_help_and_error_to_its_control() -> None:
    form = ReasonForm({"reason": " ", "ticket": ""})

    shown = holdpoint.field(form["reason"])

    assert '<label for="id_reason">' in shown
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in shown
    assert 'id="id_reason_helptext"' in shown
    assert 'id="id_reason_error"' in shown
    assert 'aria-invalid="true"' in shown
    assert "This field is required." in shown


def test_a_field_that_may_stay_empty_says_so() -> None:
    form = ReasonForm()

    assert "optional" in holdpoint.field(form["ticket"])
    assert "optional" not in holdpoint.field(form["reason"])


def test_a_field_keeps_what_was_typed_and_escapes_it() -> None:
    shown = holdpoint.field(ReasonForm({"reason": ATTACK})["reason"])

    assert "&lt;script&gt;" in shown
    assert "<script" not in shown


def test_choices_are_a_group_with_a_legend() -> None:
    shown = holdpoint.field(ReasonForm()["decision"])

    assert "<fieldset" in shown
    assert "<legend" in shown
    assert "<img" not in shown


def test_an_allowed_command_is_a_form_that_needs_no_script() -> None:
    shown = render_to_string(
        "components/command.html",
        {
            "verdict": {"allowed": True},
            "form": ReasonForm(),
            "action": "/x",
            "name": "pause",
            "label": "Pause",
            "icon_name": "pause",
        },
    )

    assert "<details" in shown
    assert "<summary" in shown
    assert 'method="post" action="/x"' in shown


def test_a_refused_command_says_why_and_has_no_form() -> None:
    shown = render_to_string(
        "components/command.html",
        {"verdict": {"allowed": False, "why": f"Held by compliance: {ATTACK}"}, "name": "resume", "label": "Resume"},
    )

    assert 'aria-disabled="true" aria-describedby="why-resume"' in shown
    assert "Held by compliance" in shown
    assert "<form" not in shown
    assert "<script" not in shown


def test_an_invalid_command_form_stays_open_with_its_errors() -> None:
    shown = render(
        '{% include "components/command.html" with label="Pause" name="pause" icon_name="pause" action="/x" %}',
        verdict={"allowed": True},
        form=ReasonForm({"reason": ""}),
    )

    assert 'name="command" open' in shown
    assert "This field is required." in shown
