"""Kinds of events about webhooks that go out. All of them are in the system ledger."""

from executions.provenance.kind import Kind

ENDPOINT = {"endpoint": "id of the endpoint", "host": "the server; paths may be secret and are not recorded"}
CHOICE = {
    "description": "what it is for",
    "kinds": "kinds of events it is told of",
    "workflows": "only those of runs of these; all where empty",
    "labels": "only those of runs that carry all of these",
}

WEBHOOK_KINDS: dict[str, Kind] = {
    "webhook.created": Kind(
        "Webhook made", "Somebody had a server told of events. System ledger.", {**ENDPOINT, **CHOICE}
    ),
    "webhook.changed": Kind(
        "Webhook changed",
        "Somebody changed where events are sent, or which. System ledger.",
        {
            **ENDPOINT,
            "before": "`host`, `description`, `kinds`, `workflows` and `labels` as they were",
            "after": "the same as they are now",
            "address": "whether the address changed, be it only its path",
        },
    ),
    "webhook.secret_rotated": Kind(
        "Webhook’s secret rotated",
        "Somebody gave an endpoint a new secret. System ledger.",
        {**ENDPOINT, "old_until": "until when messages carry the old secret’s signature too"},
    ),
    "webhook.disabled": Kind(
        "Webhook disabled",
        "Nothing is sent to an endpoint any more: somebody said so, it answered 410, or it failed for days. "
        "System ledger.",
        {
            **ENDPOINT,
            "because": "`person`, `gone` or `failing`",
            "failing_since": "since when no attempt had succeeded, or null",
            "waiting": "messages that were left",
        },
    ),
    "webhook.enabled": Kind(
        "Webhook enabled",
        "Somebody had an endpoint told of events again. System ledger.",
        {**ENDPOINT, "catch_up": "whether it is told of what happened meanwhile as well"},
    ),
    "webhook.deleted": Kind(
        "Webhook deleted",
        "Somebody removed an endpoint and its log. System ledger.",
        {**ENDPOINT, "waiting": "messages that were not delivered"},
    ),
    "webhook.tested": Kind(
        "Webhook tested",
        "Somebody had a test message sent. System ledger.",
        {**ENDPOINT, "delivery": "id of the message in the log"},
    ),
    "webhook.replayed": Kind(
        "Webhook’s message replayed",
        "Somebody had messages sent again. System ledger.",
        {
            **ENDPOINT,
            "messages": "how many",
            "delivery?": "id of the one in the log, where it was one",
            "since?": "where all that failed since then were: the time",
        },
    ),
    "webhook.failing": Kind(
        "Webhook failing",
        "An endpoint failed several times in a row; messages to it are tried again. System ledger.",
        {**ENDPOINT, "failing_since": "since when no attempt has succeeded", "error": "what happened last"},
    ),
    "webhook.recovered": Kind(
        "Webhook recovered",
        "An endpoint that was failing took a message; what waits for it is sent now. System ledger.",
        {**ENDPOINT, "failing_since": "since when no attempt had succeeded"},
    ),
}
