"""The console's own template tags: each renders one component of templates/components, from values alone."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from heroicons.templatetags.heroicons import heroicon_micro

from console.moments import zone_label
from console.templatetags import json_tree as tree
from console.templatetags import wording

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, label: str = "", size: int = 16) -> SafeString:
    """Draw one icon of the micro set, hidden from screen readers unless it has a label.

    Args:
        name: its name at heroicons.com, such as ``pause``.
        label: what it says to those who cannot see it; empty when words beside it say it already.
        size: width and height, in CSS pixels.

    Raises:
        heroicons.IconDoesNotExist: a name that the set does not have.
    """
    spoken = {"aria_hidden": "false", "role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return mark_safe(heroicon_micro(str(name), size=size, **spoken))  # noqa: S308 - built by the icon package


@register.simple_tag
@lru_cache(maxsize=64)
def state_pill(state: str, size: str = "") -> SafeString:
    """Show a state by colour, shape and word.

    Args:
        state: one of ``executions.states.STATES``.
        size: ``large`` for the head of a page.
    """
    return render_to_string("components/state_pill.html", {"state": str(state), "size": size})


@register.simple_tag
@lru_cache(maxsize=64)
def state_glyph(state: str) -> SafeString:
    """Draw only the shape of a state, for tabs and counts that name it beside."""
    return render_to_string("components/state_glyph.html", {"state": str(state)})


@register.simple_tag
@lru_cache(maxsize=4096)
def rail(done: int, total: int, state: str) -> SafeString:
    """Draw a run's progress as a small rail: steps done, where it stands, the gate if it is held.

    Args:
        done: finished steps.
        total: all steps, as far as they are known.
        state: decides what is drawn where the run stands.
    """
    done = max(0, min(int(done), int(total)))
    return render_to_string(
        "components/rail.html",
        {"done": done, "total": int(total), "state": str(state), **wording.rail_shapes(done, int(total), str(state))},
    )


@register.simple_tag
def when(moment: datetime | None, form: str = "both") -> SafeString:
    """Show a moment relative to now and exactly, in the reader's zone; the script keeps the relative part ticking.

    Args:
        moment: an aware datetime, or None when it has not happened.
        form: ``both`` shows both; ``short`` shows the relative part, the exact one in the title and to screen readers.
    """
    if moment is None:
        return SafeString('<span class="muted">–</span>')
    here = timezone.get_current_timezone()
    now, shown = timezone.now(), moment.astimezone(here)
    hidden, before = ("visually-hidden", ", ") if form == "short" else ("when-exact", "")
    # Numbers, names of months and of zones: none of it needs escaping, and a list has a hundred of these.
    return SafeString(
        f'<time class="when" datetime="{moment.astimezone(UTC).isoformat(timespec="milliseconds")}"'
        f' title="{wording.exact(shown)}"><span data-relative>{wording.relative((now - moment).total_seconds())}</span>'
        f'<span class="{hidden}">{before}{wording.exact(shown, today=now.astimezone(here).date())}</span></time>'
    )


@register.simple_tag
def zone() -> str:
    """Name the time zone in which the page tells times."""
    return zone_label()


@register.filter
def clip(text: Any, length: int) -> str:
    """Cut a text that is longer than a row has room for.

    Django's ``truncatechars`` counts combining characters and asks for a translated ellipsis; over the hundreds of
    texts of a list that took a tenth of the page's time.

    Args:
        text: anything printable.
        length: most characters, the ellipsis included.
    """
    told = str(text)
    return told if len(told) <= length else told[: length - 1] + "…"


@register.simple_tag
def duration(seconds: float | None) -> str:
    """Say how long something took, with two units at most; an en dash when it is not known.

    Args:
        seconds: length in seconds.
    """
    return "–" if seconds is None else wording.duration(float(seconds))


@register.simple_tag
def percent(part: int, whole: int) -> str:
    """Say a share in per cent.

    Args:
        part: how many.
        whole: of how many; an en dash is shown where there are none.
    """
    return wording.percent(part, whole)


@register.simple_tag
def copy_id(value: Any, shown: int = 0) -> SafeString:
    """Show an id with a button that copies it whole.

    Args:
        value: the id; its text is what is copied.
        shown: how many of its last characters are shown; 0 shows them all.
    """
    text = str(value)
    short = escape(f"…{text[-shown:]}" if 0 < shown < len(text) else text)
    # A template would take three times as long, and a list has one of these in every row.
    whole = escape(text)
    return SafeString(
        f'<span class="copy"><span class="clip" title="{whole}">{short}</span><button type="button"'
        f' data-copy="{whole}" aria-label="Copy {whole}" hidden>{icon("square-2-stack", size=14)}</button></span>'
    )


@register.simple_tag
@lru_cache(maxsize=4096)
def label_badge(name: str, value: str) -> SafeString:
    """Show a label as the way to all runs that have it.

    Args:
        name, value: of the label; the value may be empty.
    """
    return render_to_string("executions/label.html", {"name": name, "value": value})


@register.simple_tag
@lru_cache(maxsize=1024)
def label_badges(labels: tuple[tuple[str, str], ...], more: int) -> SafeString:
    """Show the labels of a row; most runs share theirs with others.

    Args:
        labels: name and value of those shown.
        more: how many are not shown.
    """
    return render_to_string("executions/labels.html", {"labels": labels, "more": more})


@register.filter
def door(via: str) -> str:
    """Name the door that an act came through, as a label does."""
    return wording.DOORS.get(via, via)


@register.filter
def through(via: str) -> str:
    """Say within a sentence through which door an act came."""
    return wording.THROUGH.get(via, via)


@register.filter(name="hex")
def as_hex(value: Any) -> str:
    """Write bytes in hexadecimal, as digests are printed."""
    return bytes(value).hex()


@register.simple_tag
def json_text(value: Any, length: int) -> str:
    """Write a value as JSON in one line, cut where it is long; escaped like any text.

    Args:
        value: what JSON can hold.
        length: most characters, the ellipsis included.
    """
    return clip(json.dumps(value, ensure_ascii=False, default=str), length)


@register.simple_tag
def json_tree(value: Any, depth: int = 2, more: str = "") -> SafeString:
    """Show JSON as a tree that opens and closes without any script.

    Args:
        value: what JSON can hold; anything else is shown as text.
        depth: levels that are open at first.
        more: address of a page that shows parts of it, from which large ones are unfolded on demand.
    """
    return tree.render(value, open_depth=depth, more=more)


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """Render one form field: label, help, control and its errors, tied together for screen readers.

    Args:
        bound: a field of a form, as in ``form["reason"]``.
    """
    widget = bound.field.widget
    kind = getattr(widget, "input_type", "")
    return render_to_string(
        "components/field.html",
        {
            "field": bound,
            "is_choice": kind == "checkbox" and not getattr(widget, "choices", None),
            "is_group": bool(widget.use_fieldset),
            "is_list": kind == "select",
        },
    )
