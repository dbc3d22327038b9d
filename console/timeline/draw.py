"""A run's life drawn: acts of people, the bar of its states, who held it and who was asked, the steps, the axis."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from console.templatetags.holdpoint import clip
from console.templatetags.wording import duration
from console.timeline.kin import kin_rows
from console.timeline.lanes import Beside, pack
from console.timeline.scale import AT_WORK, Piece, Scale, scale_of
from console.timeline.shapes import (
    ACTS,
    AXIS,
    BAR,
    STEP,
    Drawing,
    Label,
    Marker,
    Row,
    Shape,
    Tick,
    percent,
    room_for,
    stack,
)
from console.timeline.window import Window, cut
from console.timeline.words import BAND_WORDS, Clock, Titles, act_sentence, band_sentence, look_of, span_sentence
from executions.models import Freeze
from executions.queries.life import Band, Line, Span, Stretch, Timeline
from executions.queries.tree import Kin

MARKER_PERCENT = 3.0
"""Acts closer together than this share a marker."""
MOST_STEP_ROWS = 12
MOST_LANES = 4
NAME_LETTERS = 40
TICKS_APART = 11.0
NOT_WORK = {"paused": "paused", "suspended": "waited", "frozen": "frozen", "queued": "queued"}


def draw(
    life: Timeline,
    freezes: Iterable[Freeze],
    title: Titles,
    *,
    window: Window | None = None,
    kin: Sequence[Kin] = (),
    each: bool = False,
) -> Drawing:
    """Draw a run's life.

    Args:
        life: as its history tells it.
        freezes: those that covered the run.
        title: step name → what people read.
        window: the part of it to draw; all of it where None.
        kin: children and forks.
        each: each of them has a lane, however many there are.
    """
    totals, anybody = _totals(life), bool(life.acts)
    frame = window or Window(life.since, life.until)
    if window:
        life = cut(life, window)
        freezes = [each for each in freezes if each.placed_at < window.until and _lifted(each, life) > window.since]
        kin = [run for run in kin if run.since < window.until and (run.until or life.until) > window.since]
    scale = scale_of(life.bands, window)
    clock = Clock(frame.since, frame.until)
    to_now = not life.ended and frame.until >= life.until
    bar = Row("bar", "State", height=BAR, shapes=list(_bands(scale)))
    rows = [Row("acts", "People", height=ACTS, markers=_markers(life.acts, scale)), bar] if anybody else [bar]
    rows += pack("Held by", [*map(_hold(scale, title, life), life.holds), *_freezes(freezes, scale, life)], MOST_LANES)
    rows += pack("Waited for", list(map(_question(scale, title, life), life.questions)), MOST_LANES)
    rows += _steps(life.stretches, scale, life, title)
    rows += kin_rows(kin, scale, life, each=each)
    height = stack(rows)
    return Drawing(
        rows, _ticks(scale, clock, frame, to_now), height + AXIS, height, bar, to_now, clock.zone, totals, scale.knots
    )


def _lifted(freeze: Freeze, life: Timeline) -> datetime.datetime:
    return freeze.lifted_at or life.until


def line_link(seq: int) -> str:
    """Return the address, on the run's page, at which a line of its history is to be seen; empty for no line."""
    return f"?before={seq + 1}#event-{seq}" if seq else ""


def _bands(scale: Scale) -> Iterator[Shape]:
    for piece in scale.pieces:
        band, many = piece.longest, len(piece.bands)
        said = band_sentence(band)
        if many > 1:
            whole = duration((piece.until - piece.since).total_seconds())
            said = f"{many} states within {whole}, mostly {BAND_WORDS.get(band.state, band.state).lower()}"
        yield Shape(
            percent(piece.left),
            percent(piece.width),
            band.state,
            said,
            line_link(band.seq),
            _band_label(band, piece) if many == 1 else None,
            percent(piece.right - min(2.0, piece.width / 3)) if piece.broken else "",
            band.open,
            many,
        )


def _band_label(band: Band, piece: Piece) -> Label | None:
    """Say as much as fits: state, how long, and whose doing it is; of the state it is in, at the end that is now."""
    word, lasted = BAND_WORDS.get(band.state, band.state), duration(band.seconds)
    whose = f"{word} by {band.by}, {lasted}" if band.by else ""
    for text in (whose, f"{word} {lasted}", word):
        if text and room_for(text) + GAP_INSIDE < piece.width:
            if band.open:
                return Label(text, percent(piece.right - (GAP_INSIDE if piece.broken else 0)), "end")
            return Label(text, percent(piece.left))
    return None


GAP_INSIDE = 2.5
"""Percent kept free in a band for its break mark."""


def _markers(acts: list[Line], scale: Scale) -> list[Marker]:
    groups: list[tuple[float, list[Line]]] = []
    for act in _told_once(acts):
        place = scale.place(act.at)
        if groups and place - groups[-1][0] < MARKER_PERCENT:
            groups[-1][1].append(act)
        else:
            groups.append((place, [act]))
    markers = []
    for number, (place, group) in enumerate(groups):
        following = groups[number + 1][0] if number + 1 < len(groups) else 100.0
        looks = [look_of(act) for act in group]
        look = min(looks, key=lambda each: TONES.index(each.tone))
        names = list(dict.fromkeys(act.actor for act in group))
        text = clip(names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}", 24)
        place_of_text = place + MARKER_PERCENT / 2
        label = Label(text, percent(place_of_text)) if place_of_text + room_for(text) < following - 1 else None
        said = "\n".join(act_sentence(act) for act in group[:MOST_SAID])
        if len(group) > MOST_SAID:
            said += f"\nand {len(group) - MOST_SAID} more"
        markers.append(Marker(percent(place), look.icon, look.tone, said, line_link(group[-1].seq), len(group), label))
    return markers


TONES = ("bad", "hold", "go", "change", "")
"""Of acts that share a marker the first of these gives it its look."""
MOST_SAID = 12


def _told_once(acts: list[Line]) -> Iterator[Line]:
    """Leave out the releases that a resume of the same person tells of."""
    for number, act in enumerate(acts):
        if act.kind == "hold.released" and any(
            later.kind == "execution.resumed" and (later.at - act.at).total_seconds() < 1
            for later in acts[number + 1 : number + 40]
        ):
            continue
        yield act


def _hold(scale: Scale, title: Titles, life: Timeline) -> Callable[[Span], Beside]:
    def beside(span: Span) -> Beside:
        kind = "breakpoint" if span.step else span.kind
        text = f"{span.by}: {span.why}" if not span.step else f"{span.by}, before {title(span.step)}: {span.why}"
        return Beside(
            scale.place(span.since),
            scale.place(span.until or life.until),
            kind,
            text,
            span_sentence(span, title),
            line_link(span.seq),
            span.until is None,
        )

    return beside


def _question(scale: Scale, title: Titles, life: Timeline) -> Callable[[Span], Beside]:
    def beside(span: Span) -> Beside:
        answered = f", {span.outcome} by {span.ended_by}" if span.ended_by else ""
        return Beside(
            scale.place(span.since),
            scale.place(span.until or life.until),
            "asked" if span.kind in ("input", "approval") else "wait",
            f"{span.why}{answered}",
            span_sentence(span, title),
            line_link(span.seq),
            span.until is None,
        )

    return beside


def _freezes(freezes: Iterable[Freeze], scale: Scale, life: Timeline) -> Iterator[Beside]:
    for freeze in sorted(freezes, key=lambda each: each.placed_at):
        said = f"Freeze by {freeze.placed_by_name}: {freeze.reason}"
        yield Beside(
            scale.place(freeze.placed_at),
            scale.place(freeze.lifted_at or life.until),
            "freeze",
            said,
            said,
            "",
            freeze.is_open,
        )


def _steps(stretches: list[Stretch], scale: Scale, life: Timeline, title: Titles) -> Iterator[Row]:
    positions = sorted({stretch.position for stretch in stretches})
    each = -(-len(positions) // MOST_STEP_ROWS) or 1
    by_position = defaultdict(list)
    for stretch in stretches:
        by_position[stretch.position].append(stretch)
    for start in range(0, len(positions), each):
        chosen = positions[start : start + each]
        found = [stretch for position in chosen for stretch in by_position[position]]
        yield _step_row(found, chosen, scale, life, title)


def _step_row(stretches: list[Stretch], positions: list[int], scale: Scale, life: Timeline, title: Titles) -> Row:
    names = list(dict.fromkeys(title(stretch.step) for stretch in stretches))
    name = names[-1] if len(positions) == 1 else f"Steps {positions[0] + 1}–{positions[-1] + 1}"
    worked = sum(((each.until or life.until) - each.since).total_seconds() for each in stretches)
    last = stretches[-1]
    row = Row("step", clip(name, NAME_LETTERS), duration(worked), STEP, status=last.ended or "working")
    if last.ended == "skipped" and len(stretches) == 1:
        row.note = "skipped"
    for left, right, group in _bars(stretches, scale, life):
        one = group[-1]
        kind = "undone" if one.undone else one.ended or "working"
        said = f"{title(one.step)}: {STRETCH_WORDS[one.ended]}"
        if len(group) > 1:
            said = f"{len(group)} stretches of work, the last in {said}"
        row.shapes.append(
            Shape(
                percent(left), percent(max(right - left, 0.35)), kind, said, line_link(one.seq), open=one.until is None
            )
        )
    ends = [scale.place(each.until or life.until) for each in stretches]
    row.thread = percent(scale.place(stretches[0].since)), percent(max(ends))
    return row


STRETCH_WORDS = {
    "": "a worker is on it",
    "finished": "finished",
    "failed": "failed",
    "left": "left in the middle, to go on later",
    "lost": "its worker was lost",
    "skipped": "skipped",
}


def _bars(stretches: list[Stretch], scale: Scale, life: Timeline) -> Iterator[tuple[float, float, list[Stretch]]]:
    """Join stretches that would touch each other, unless they ended differently."""
    left = right = 0.0
    group: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda each: each.since):
        begins, ends = scale.place(stretch.since), scale.place(stretch.until or life.until)
        if group and begins - right < 0.3 and group[-1].undone == stretch.undone and group[-1].ended in JOINED:
            group.append(stretch)
            right = max(right, ends)
            continue
        if group:
            yield left, right, group
        left, right, group = begins, ends, [stretch]
    if group:
        yield left, right, group


JOINED = ("left", "finished")


def _ticks(scale: Scale, clock: Clock, frame: Window, to_now: bool) -> list[Tick]:
    """Write the time at the edges of pieces, where there is room, and within long ones that are not shortened."""
    ticks = [Tick("0%", clock.short(frame.since), "start")]
    end = "now" if to_now else clock.short(frame.until)
    last, apart = room_for(ticks[0].text), max(TICKS_APART, room_for(end) * 1.1)
    places = [(piece.left, piece.since) for piece in scale.pieces[1:]]
    places += [
        (piece.left + piece.width * part / 4, piece.since + (piece.until - piece.since) * part / 4)
        for piece in scale.pieces
        if not piece.broken and piece.width > 45
        for part in (1, 2, 3)
    ]
    for place, moment in sorted(places):
        text = clock.short(moment)
        if text != ticks[-1].text and place - last >= apart / 2 + 1 and 100 - place >= apart * 1.2:
            ticks.append(Tick(percent(place), text))
            last = place + apart / 2
    return [*ticks, Tick("100%", end, "end")]


def _totals(life: Timeline) -> list[tuple[str, str]]:
    seconds: dict[str, float] = defaultdict(float)
    for band in life.bands:
        seconds["worked" if band.state in AT_WORK else NOT_WORK.get(band.state, band.state)] += band.seconds
    ordered = sorted(seconds.items(), key=lambda each: -each[1])
    return [(words, duration(each)) for words, each in ordered]
