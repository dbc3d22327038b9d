"""Passes: what is done anew is recorded anew.

A run that is sent back "to do all again" from a position begins a new pass there. Records and questions are keyed by
position and pass, so those of earlier passes stay in the history and count no more. Each position has a pass of its
own: sent back later to a step before that, without doing it again, a run still finds what that step had recorded.
"""

from collections.abc import Sequence


def pass_at(passes: Sequence[int], position: int) -> int:
    """Return the number of the pass that a position is in.

    Args:
        passes: the positions from which on steps were to be done anew, in the order in which people said so.
        position: a step's position in the run.

    Returns:
        0 for a step that was never to be done anew, else the number of the last pass that covers it.
    """
    covering = (number for number, beginning in enumerate(passes, start=1) if beginning <= position)
    return max(covering, default=0)
