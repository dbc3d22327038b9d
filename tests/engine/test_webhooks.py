"""Workers tell webhooks of events: each committed one once, whatever dies or hangs."""

import socket

import pytest

from executions import commands
from executions.models import Event, WebhookEndpoint
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.engine.watching import QUICK, kill, launch, wait_for, wait_until
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.usefixtures("effects_table")
ALLOW = {"HOLDPOINT_WEBHOOK_ALLOW": "127.0.0.0/8", "HOLDPOINT_WEBHOOK_TIMEOUT_SECONDS": "5"}


@pytest.fixture
def hooks(live_db, cast, settings):
    """`hooks(url)` has a server told of the runs of this test, and of nothing once it is over."""
    settings.HOLDPOINT = {**settings.HOLDPOINT, "WEBHOOK_ALLOW": ["127.0.0.0/8"]}
    made: list[WebhookEndpoint] = []

    def make(url, label):
        admin = cast.actor("admin")
        made.append(commands.create_webhook(admin, url=url, kinds=["*"], labels={"test": label}))
        return made[-1]

    yield make
    WebhookEndpoint.objects.filter(pk__in=[each.pk for each in made]).delete()


def expected(runs):
    """Return the ids of all messages about these runs, as the histories say."""
    lines = Event.objects.filter(ledger__in=[run.pk for run in runs]).values_list("ledger", "seq")
    return {f"msg_{ledger.hex}_{seq}" for ledger, seq in lines}


def test_every_event_arrives_once_though_a_worker_is_killed_and_another_endpoint_hangs(cast, workers, hooks):
    receiver = Receiver()
    receiver.answers = [500]
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        well = hooks(receiver.url, "once")
        hangs = hooks(f"http://127.0.0.1:{black_hole.getsockname()[1]}/", "once")
        first, _ = workers(2, **QUICK, **ALLOW)
        runs = [launch(cast, "noop", labels={"test": "once"}) for _ in range(5)]
        wait_until(lambda: receiver.got, "something arrived")
        kill(first)
        runs += [launch(cast, "noop", labels={"test": "once"}) for _ in range(5)]
        for run in runs:
            wait_for(run, "succeeded")
        wait_until(lambda: set(receiver.ids) == expected(runs), "every event arrived")
        assert well.deliveries.count() == len(expected(runs)) == hangs.deliveries.count()
        assert hangs.deliveries.filter(delivered_at=None).count() == len(expected(runs))
    again = [each for each in set(receiver.ids) if receiver.ids.count(each) > 1]
    # Sent twice: the one that was answered 500, and at most one that the worker died in.
    assert len(again) <= 2
    receiver.close()
