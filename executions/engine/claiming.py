"""Taking a run: one statement, so that of many who want it one gets it."""

import json
import time
from typing import Any

from django.conf import settings

from executions import tracing
from executions.actors import Actor
from executions.engine import life, lifting, statements
from executions.engine.database import patiently
from executions.engine.leases import Lease


def claim(lease: Lease) -> Any | None:
    """Take a run for this worker, and fill in its lease; None where it is not to be had now."""
    actor = Actor.worker(life.worker_name())
    wanted = {
        "id": lease.execution_id,
        "owner": actor.name,
        "actor": actor.id,
        "lease": settings.HOLDPOINT["LEASE_SECONDS"],
        "through": "{}",
    }
    with tracing.span("claim"):
        found = patiently(statements.CLAIM, wanted, seconds=2.0) or lifting.claim_with_leave(wanted)
    if not found:
        return None
    (claimed,) = found
    lease.workflow, lease.labels = claimed.workflow, json.loads(claimed.labels)
    lease.epoch = claimed.epoch
    lease.beat_at = time.monotonic()
    lease.slice_ends = lease.beat_at + settings.HOLDPOINT["TIME_SLICE_SECONDS"]
    lease.hear(claimed.version, cancelling=claimed.cancelling, holds=0)
    return claimed
