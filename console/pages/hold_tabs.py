"""The two tabs of the holds: on single runs, and by selector."""

from executions.queries import Count, count_open_freezes
from executions.queries.holdlist import HoldFilter, count_open_holds


def tab_counts() -> dict[str, Count]:
    """Count open holds, those overdue, and open freezes: three queries."""
    return {
        "holds": count_open_holds(HoldFilter()),
        "overdue": count_open_holds(HoldFilter(overdue=True)),
        "freezes": count_open_freezes(),
    }
