"""The line that says that a past was written, so that nobody takes the demo's for a real one."""

import datetime

from django.db import transaction

from executions.actors import SYSTEM
from executions.models import SYSTEM_LEDGER, Event, Ledger
from executions.provenance import append


@transaction.atomic
def begin(since: datetime.datetime, until: datetime.datetime) -> bool:
    """Write into the system ledger, under the present, that a past is about to be written.

    Args:
        since: the earliest time that its runs carry (aware).
        until: the latest.

    Returns:
        Whether there was none before: it is written once.
    """
    Ledger.objects.get_or_create(pk=SYSTEM_LEDGER)
    Ledger.objects.select_for_update().get(pk=SYSTEM_LEDGER)
    if Event.objects.filter(ledger=SYSTEM_LEDGER, kind="demo.seeded").exists():
        return False
    append(SYSTEM_LEDGER, "demo.seeded", SYSTEM, data={"since": since, "until": until})
    return True
