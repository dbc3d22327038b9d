"""A history that is true, written under a clock that stands in the past. For the demo alone.

docs/decisions/0016-a-true-past.md says why it is done so.
"""

from executions.past.clock import AlreadyVerified, NotADemo, Past
from executions.past.marker import begin
from executions.past.worker import Pace, carry_on, time_passed

__all__ = ["AlreadyVerified", "NotADemo", "Pace", "Past", "begin", "carry_on", "time_passed"]
