"""The grace period of a freeze: what looked before it was committed has ended when it is confirmed."""

import time

from executions.engine.database import rows
from executions.engine.gates import OLDER

GRACE_SECONDS = 10.0


def await_older_statements(seconds: float | None = None) -> int:
    """Wait until every statement that may have looked for freezes before now has ended.

    Call it after the commit of a freeze, outside of any transaction. What begins later sees the freeze, so nothing has
    to be kept from beginning, and the hot path pays nothing for it. Source: docs/decisions/0011-a-grace-period.md.

    Args:
        seconds: how long to wait at most; ``GRACE_SECONDS`` where None.

    Returns:
        How many have not ended; 0 where the freeze is in force for every claim and every boundary.
    """
    deadline = time.monotonic() + (GRACE_SECONDS if seconds is None else seconds)
    pause = 0.001
    older = set(rows(OLDER, {}))
    while older and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
        older &= set(rows(OLDER, {}))
    return len(older)
