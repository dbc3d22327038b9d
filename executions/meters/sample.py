"""One value of one measure, on its way to whoever asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with its labels.

    Args:
        name: of a measure in the catalogue.
        labels: their values, in the catalogue's order.
        value: of a gauge or counter; the sum of what a histogram observed.
        buckets: of a histogram: how many observations fell into each bucket, the last beyond every bound.
    """

    name: str
    labels: tuple[str, ...]
    value: float
    buckets: tuple[int, ...] = ()
