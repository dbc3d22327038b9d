"""The receiver of docs/how-to/webhooks takes genuine messages and no others."""

import re
import threading
import urllib.error
import urllib.request
from http.server import HTTPServer

import pytest

from console.stack.home import PROJECT
from executions import commands
from executions.models import WebhookEndpoint
from executions.webhooks.schedule import PAUSES
from executions.webhooks.secrets import endpoint_secrets, shown
from tests.webhooks.conftest import send

pytestmark = pytest.mark.django_db
PAGE = (PROJECT / "docs/how-to/webhooks.md").read_text()
UNITS = {"s": 1, "min": 60, "h": 3600}


def test_the_receiver_of_the_page_does_what_it_says(cast, endpoint, own_network, monkeypatch):
    handled: list[tuple[str, dict]] = []
    with HTTPServer(("127.0.0.1", 0), None) as listening:  # type: ignore[arg-type]
        hook = endpoint(f"http://127.0.0.1:{listening.server_port}/")
        monkeypatch.setenv("HOLDPOINT_WEBHOOK_SECRET", shown(endpoint_secrets(hook.pk, 1)[0]))
        program = re.search(r"```python\n(.*?)\nHTTPServer\(", PAGE, re.DOTALL)[1]
        names = {"handle": lambda sent, message: handled.append((sent, message))}
        exec(program, names)  # noqa: S102  (our own page)
        listening.RequestHandlerClass = names["Hooks"]
        names["Hooks"].log_message = lambda *_: None
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        commands.test_webhook(cast.actor("admin"), hook.pk)
        assert send() == 1
        row = hook.deliveries.get()
        assert (row.state, row.status) == ("delivered", 204)
        assert [(sent, message["type"]) for sent, message in handled] == [(row.message_id, "webhook.test")]
        forged = urllib.request.Request(hook.url, b'{"type": "x"}', row.request_headers, method="POST")  # noqa: S310
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(forged)  # noqa: S310
        WebhookEndpoint.objects.update(generation=2)
        commands.test_webhook(cast.actor("admin"), hook.pk)
        send()
        assert [each.status for each in hook.deliveries.order_by("id")] == [204, 401]
        assert len(handled) == 1
        listening.shutdown()


def test_the_page_names_the_pauses_there_are():
    told = re.search(r"tried again after (.*?), each", PAGE)[1]
    pauses = [int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+) (s|min|h)", told)]
    assert pauses == list(PAUSES)
