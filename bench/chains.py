"""The baseline: bare Celery, the same broker, chains of tasks that do nothing."""

import os

from celery import Celery, chain

from console.stack.services import celery_broker

app = Celery("bench", broker=celery_broker(os.environ["REDIS_URL"]))
app.conf.update(
    task_ignore_result=True,
    task_default_queue="bench-chains",
    worker_prefetch_multiplier=1,
    task_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
)


@app.task(name="bench.nothing")
def nothing() -> None:
    """Do nothing."""


@app.task(name="bench.finished")
def finished(key: str) -> None:
    """Tell that a chain has come to its end."""
    import redis

    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.rpush(key, "1")


def start(count: int, key: str) -> None:
    """Send a chain of ``count`` tasks and one that tells its end."""
    chain(*[nothing.si() for _ in range(count)], finished.si(key)).apply_async()
