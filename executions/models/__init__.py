"""The things, one file each. Rows are read here and written only by ``commands`` and ``engine``."""

from executions.models.event import SYSTEM_LEDGER, Event, Ledger
from executions.models.execution import Execution
from executions.models.file import RunFile
from executions.models.freeze import Freeze
from executions.models.hold import Hold, HoldNote
from executions.models.notification import Notification
from executions.models.record import Record
from executions.models.suspension import Suspension, Vote
from executions.models.token import ApiToken
from executions.models.trigger import Emission, Trigger
from executions.models.worker import Worker

__all__ = [
    "SYSTEM_LEDGER",
    "ApiToken",
    "Emission",
    "Event",
    "Execution",
    "Freeze",
    "Hold",
    "HoldNote",
    "Ledger",
    "Notification",
    "Record",
    "RunFile",
    "Suspension",
    "Trigger",
    "Vote",
    "Worker",
]
