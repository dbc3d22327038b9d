"""The things, one file each. Rows are read here and written only by ``commands`` and ``engine``."""

from executions.models.bulk import BulkItem, BulkJob
from executions.models.check import Check
from executions.models.desk import LabelRule, Preference, ReasonTemplate, SavedView
from executions.models.event import SYSTEM_LEDGER, Event, Ledger
from executions.models.execution import Execution
from executions.models.file import RunFile
from executions.models.freeze import Freeze
from executions.models.hold import Hold, HoldNote
from executions.models.meter import Meter
from executions.models.notification import Notification
from executions.models.record import Record
from executions.models.refusal import RefusalCount
from executions.models.suspension import Suspension, Vote
from executions.models.token import ApiToken
from executions.models.trigger import Emission, Trigger, TriggerCall
from executions.models.webhook import WebhookDelivery, WebhookEndpoint
from executions.models.worker import Worker

__all__ = [
    "SYSTEM_LEDGER",
    "ApiToken",
    "BulkItem",
    "BulkJob",
    "Check",
    "Emission",
    "Event",
    "Execution",
    "Freeze",
    "Hold",
    "HoldNote",
    "LabelRule",
    "Ledger",
    "Meter",
    "Notification",
    "Preference",
    "ReasonTemplate",
    "Record",
    "RefusalCount",
    "RunFile",
    "SavedView",
    "Suspension",
    "Trigger",
    "TriggerCall",
    "Vote",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Worker",
]
