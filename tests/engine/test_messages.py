"""Messages are hints: duplicated, forged, delayed or unreadable ones change nothing, and the worker lives on."""

import base64
import json
import pickle
import uuid

import pytest

from console.celery import app
from executions.engine.sweeper import messages_waiting, queue_keys
from executions.engine.tasks import run as run_task
from executions.models import Event, Execution
from tests.effects import effects_of
from tests.engine.watching import fresh, kinds, launch, wait_for, wait_for_effect, wait_until


@pytest.fixture
def raw(valkey):
    """Push bytes into the queue as a forger would."""

    def push(item: bytes) -> None:
        with valkey.client() as client:
            client.lpush(queue_keys()[0], item)

    return push


def envelope(body: bytes, content_type: str = "application/json", task: str = "holdpoint.run", **headers) -> bytes:
    """Return a message as kombu stores it."""
    message = {
        "body": base64.b64encode(body).decode(),
        "content-encoding": "utf-8" if content_type == "application/json" else "binary",
        "content-type": content_type,
        "headers": {"lang": "py", "task": task, "id": str(uuid.uuid4()), "argsrepr": "", "kwargsrepr": "", **headers},
        "properties": {
            "correlation_id": str(uuid.uuid4()),
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "runs"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid.uuid4()),
        },
    }
    return json.dumps(message).encode()


def arguments(*args, **kwargs) -> bytes:
    return json.dumps([args, kwargs, {}]).encode()


class Bomb:
    """Would leave its mark if anybody unpickled it."""

    def __reduce__(self):
        return (exec, ("open('/tmp/holdpoint-bomb', 'w').close()",))


def acts() -> int:
    """Count what people and programs did; what the worker does meanwhile for runs and jobs of other tests does not
    matter."""
    return (
        Event.objects.exclude(via="engine").exclude(data__contains='"bulk"').exclude(kind__startswith="audit.").count()
    )


def launched() -> int:
    """Count the runs that somebody launched; a worker may launch children of other tests' runs meanwhile."""
    return Execution.objects.filter(parent=None).count()


FORGERIES = {
    "an id that does not exist": lambda: envelope(arguments(str(uuid.uuid4()))),
    "an id that is no uuid": lambda: envelope(arguments("../../etc/passwd")),
    "no arguments": lambda: envelope(arguments()),
    "wrong arguments": lambda: envelope(arguments({"a": [1]}, 2, 3, nonsense=True)),
    "a body that is no argument list": lambda: envelope(b'"hello"'),
    "a body that is null": lambda: envelope(b"null"),
    "a body that is no JSON": lambda: envelope(b"{not json"),
    "an unknown task": lambda: envelope(arguments(str(uuid.uuid4())), task="os.system"),
    "a task of Celery's own": lambda: envelope(arguments(), task="celery.backend_cleanup"),
    "pickle": lambda: envelope(pickle.dumps(Bomb()), "application/x-python-serialize"),
    "yaml": lambda: envelope(b"!!python/object/apply:os.system ['true']", "application/x-yaml"),
    "an unknown content type": lambda: envelope(b"x", "application/x-nonsense"),
    "five megabytes": lambda: envelope(arguments("x" * 5_000_000)),
    "no headers": lambda: json.dumps({"body": "", "headers": {}, "properties": {}}).encode(),
    "an empty object": lambda: b"{}",
    "no object": lambda: b"[1, 2]",
    "no JSON": lambda: b"\x00\xff garbage",
    "an empty text": lambda: b"",
    "a far future": lambda: envelope(arguments(str(uuid.uuid4())), eta="2999-01-01T00:00:00+00:00"),
    "a bad date": lambda: envelope(arguments(str(uuid.uuid4())), eta="tomorrow", expires="yesterday"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_message_changes_nothing(forgery, cast, worker, raw):
    pid, runs, events = worker.pid, launched(), acts()
    raw(FORGERIES[forgery]())
    wait_until(lambda: messages_waiting() == 0, "message taken")
    wait_for(launch(cast, "noop"), "succeeded")  # the message before it has been dealt with
    assert (launched(), acts()) == (runs + 1, events + 1)
    assert worker.alive()
    assert worker.pid == pid


def test_a_repeated_message_starts_nothing_twice(cast, workers):
    workers(2)
    run = launch(cast, "slow", {"seconds": 0.3})
    for _ in range(30):
        run_task.apply_async(args=[str(run.pk)])
    wait_for(run, "succeeded")
    for _ in range(10):
        run_task.apply_async(args=[str(run.pk)])
    wait_until(lambda: messages_waiting() == 0, "messages taken")
    wait_for(launch(cast, "noop"), "succeeded")
    names = ("first", "second", "third")
    assert effects_of(run.pk) == [f"{edge} {name}" for name in names for edge in ("start", "end")]
    assert kinds(run).count("lease.acquired") == 1


def test_a_message_for_a_held_or_waiting_run_starts_nothing(cast, worker):
    from executions import commands

    asking = launch(cast, "asking")
    wait_for(asking, "suspended")
    held = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(held, "began")
    commands.pause(cast.actor("operator"), held.pk, reason="hold it")
    wait_for(held, "paused")
    before = kinds(held), kinds(asking), effects_of(asking.pk)
    for run in (held, asking):
        for _ in range(5):
            run_task.apply_async(args=[str(run.pk)])
    wait_until(lambda: messages_waiting() == 0, "messages taken")
    wait_for(launch(cast, "noop"), "succeeded")
    assert (kinds(held), kinds(asking), effects_of(asking.pk)) == before
    commands.cancel(cast.actor("operator"), held.pk, reason="done with it")
    wait_for(held, "cancelled")


def test_messages_out_of_order_run_each_once(cast, workers, valkey):
    valkey.flush()
    runs = [launch(cast, "counting", {"items": 2, "seconds": 0}) for _ in range(5)]
    wait_until(lambda: messages_waiting() == 5, "five messages")
    with valkey.client() as client:
        key = queue_keys()[4]
        items = client.lrange(key, 0, -1)
        client.delete(key)
        client.lpush(key, *items, *items)
    workers(1)
    for run in runs:
        wait_for(run, "succeeded")
        assert effects_of(run.pk) == ["item 0", "item 1", "reported"]
        assert fresh(run).epoch == 1


def test_only_json_is_accepted():
    assert app.conf.accept_content == ["json"]
