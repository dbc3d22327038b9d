"""The Celery application: `celery -A console worker --pool=solo`."""

import os
import sys
import warnings

from celery import Celery

from executions.engine import transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

# Celery announces at each loss of the broker that a default will change. Ours is right either way: the lease decides.
warnings.filterwarnings("ignore", message=r"\s*In Celery 5\.1 we introduced an optional breaking change")

transport.install()
app = Celery("holdpoint", task_cls=transport.CheckedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery's Django fixup closes the database connection before and after every task unless told to reuse it (the option
# is in no settings namespace). A broken one is replaced by the engine, so a worker keeps its own.
app.conf.update(CELERY_DB_REUSE_MAX=sys.maxsize)
app.autodiscover_tasks(["executions.engine"])
