"""Figures: what was measured, beside what, against which bar."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Figure:
    """One measured value.

    Args:
        name: what was measured.
        value: the figure.
        unit: of the figure.
        bar: what it should be, in words.
        met: whether it is.
        detail: other values of the same measurement.
    """

    name: str
    value: float
    unit: str
    bar: str
    met: bool
    detail: dict[str, object] = field(default_factory=dict)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` percent of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, p95, p99 and maximum."""
    return {
        "median": round(statistics.median(values), 3),
        "p95": round(percentile(values, 95), 3),
        "p99": round(percentile(values, 99), 3),
        "max": round(max(values), 3),
        "n": len(values),
    }


def write(figures: list[Figure], path: Path) -> None:
    """Write figures and the machine they were taken on as JSON."""
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    path.write_text(
        json.dumps({"machine": machine, "figures": [asdict(figure) for figure in figures]}, indent=2) + "\n"
    )


def table(figures: list[Figure]) -> str:
    """Return the figures as a table for people."""
    lines = []
    for figure in figures:
        mark = "met" if figure.met else "NOT MET"
        lines.append(f"{mark:8} {figure.name}: {figure.value:,.4g} {figure.unit}   (bar: {figure.bar})")
        lines += [f"           {name}: {value}" for name, value in figure.detail.items()]
    return "\n".join(lines)
