"""Spans of time that end now, by the names that addresses carry; so a saved view or a bulk filter keeps its meaning."""

import datetime

SPANS = {
    "1h": ("the last hour", datetime.timedelta(hours=1)),
    "24h": ("the last 24 hours", datetime.timedelta(hours=24)),
    "7d": ("the last 7 days", datetime.timedelta(days=7)),
    "30d": ("the last 30 days", datetime.timedelta(days=30)),
}
"""Name → words for people, and how long."""
