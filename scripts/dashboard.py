"""Makes the dashboard for Grafana: `python -m scripts.dashboard` writes docs/watch/grafana.json; a test compares."""

import json
from itertools import count
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "docs" / "watch" / "grafana.json"
WIDTH, HEIGHT = 24, 7
SOURCE = {"type": "prometheus", "uid": "${source}"}
RATE = "[$__rate_interval]"


def quantile(share: float, metric: str, by: str = "") -> str:
    """Return the query of a quantile of a histogram.

    Args:
        share: 0.99 for the slowest hundredth.
        metric: its name, without ``_bucket``; with a selector, if need be.
        by: a label to keep apart.
    """
    name, _, selector = metric.partition("{")
    chosen = f"{name}_bucket{'{' + selector if selector else ''}"
    return f"histogram_quantile({share}, sum by (le{', ' + by if by else ''}) (rate({chosen}{RATE})))"


def rate(metric: str, by: str) -> str:
    """Return the query of a counter's rate, by one label."""
    return f"sum by ({by}) (rate({metric}{RATE}))"


type Line = tuple[str, str]
"""A query and its legend."""

ROWS: list[tuple[str, list[tuple[str, str, str, list[Line]]]]] = [
    (
        "At a glance",
        [
            ("stat", "Workers", "none", [("sum(holdpoint_workers)", "alive"), ("holdpoint_workers_busy", "busy")]),
            ("stat", "Queued", "none", [("sum(holdpoint_queue_runs)", "runs")]),
            ("stat", "Oldest queued", "s", [("max(holdpoint_queue_oldest_seconds)", "")]),
            ("stat", "Open holds", "none", [("sum by (kind) (holdpoint_holds_open)", "{{kind}}")]),
            ("stat", "Open questions", "none", [("sum(holdpoint_questions_open)", "questions")]),
            ("stat", "Freezes", "none", [("holdpoint_freezes_open", "in force")]),
        ],
    ),
    (
        "Runs",
        [
            ("timeseries", "Not ended, by state", "none", [("sum by (state) (holdpoint_runs)", "{{state}}")]),
            ("timeseries", "Launched", "ops", [(rate("holdpoint_runs_launched_total", "workflow"), "{{workflow}}")]),
            ("timeseries", "Ended", "ops", [(rate("holdpoint_runs_finished_total", "outcome"), "{{outcome}}")]),
            (
                "timeseries",
                "Steps",
                "ops",
                [(rate("holdpoint_step_duration_seconds_count", "workflow"), "{{workflow}}")],
            ),
            (
                "timeseries",
                "A step takes, 95 %",
                "s",
                [(quantile(0.95, "holdpoint_step_duration_seconds", "workflow"), "{{workflow}}")],
            ),
            (
                "timeseries",
                "Trouble",
                "ops",
                [
                    (rate("holdpoint_step_failures_total", "workflow"), "raised in {{workflow}}"),
                    (rate("holdpoint_leases_expired_total", "workflow"), "worker lost in {{workflow}}"),
                ],
            ),
            (
                "timeseries",
                "Waits in the queue, by priority",
                "s",
                [("holdpoint_queue_oldest_seconds", "{{priority}}")],
            ),
            ("timeseries", "Stuck", "none", [("holdpoint_runs_stuck", "{{why}}")]),
            ("timeseries", "Nobody knows", "none", [("holdpoint_queue_orphans", "{{workflow}}")]),
        ],
    ),
    (
        "Authority",
        [
            (
                "timeseries",
                "A pause is acknowledged within",
                "s",
                [
                    (quantile(0.5, 'holdpoint_command_duration_seconds{command="pause"}'), "half"),
                    (quantile(0.99, 'holdpoint_command_duration_seconds{command="pause"}'), "99 %"),
                ],
            ),
            (
                "timeseries",
                "Its worker lets go within, 95 %",
                "s",
                [(quantile(0.95, "holdpoint_time_to_yield_seconds", "workflow"), "{{workflow}}")],
            ),
            (
                "timeseries",
                "Commands",
                "ops",
                [(rate("holdpoint_command_duration_seconds_count", "command"), "{{command}}")],
            ),
            ("timeseries", "Refused", "ops", [(rate("holdpoint_commands_denied_total", "code"), "{{code}}")]),
            ("timeseries", "Holds by age", "none", [("sum by (age) (holdpoint_holds_open)", "{{age}}")]),
            (
                "timeseries",
                "Oldest",
                "s",
                [
                    ("holdpoint_holds_oldest_seconds", "hold, {{kind}}"),
                    ("holdpoint_questions_oldest_seconds", "question, {{kind}}"),
                ],
            ),
        ],
    ),
    (
        "The installation",
        [
            (
                "timeseries",
                "Requests take, 95 %",
                "s",
                [(quantile(0.95, "holdpoint_http_request_duration_seconds", "route"), "{{route}}")],
            ),
            (
                "timeseries",
                "Answers",
                "ops",
                [(rate("holdpoint_http_request_duration_seconds_count", "status"), "{{status}}")],
            ),
            ("timeseries", "Live listeners", "none", [("holdpoint_stream_listeners", "open")]),
            (
                "timeseries",
                "Round trips",
                "s",
                [
                    ("holdpoint_database_round_trip_seconds", "database"),
                    ("holdpoint_broker_round_trip_seconds", "broker"),
                ],
            ),
            (
                "timeseries",
                "Connections",
                "none",
                [("holdpoint_database_connections", "in use"), ("holdpoint_database_max_connections", "at most")],
            ),
            ("timeseries", "A sweep takes, 99 %", "s", [(quantile(0.99, "holdpoint_sweep_duration_seconds"), "")]),
            (
                "timeseries",
                "Messages to be sent",
                "none",
                [
                    ("holdpoint_notifications", "about questions, {{status}}"),
                    ("holdpoint_webhook_deliveries", "to endpoints, {{status}}"),
                ],
            ),
            (
                "timeseries",
                "Lines of the record",
                "ops",
                [("sum(rate(holdpoint_events_total" + RATE + "))", "written")],
            ),
            ("stat", "Record verified", "dateTimeFromNow", [("1000 * holdpoint_verification_timestamp_seconds", "")]),
        ],
    ),
]


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    numbers, y = count(1), 0
    for title, plots in ROWS:
        place = {"h": 1, "w": WIDTH, "x": 0, "y": y}
        panels.append({"type": "row", "title": title, "id": next(numbers), "gridPos": place, "panels": []})
        y += 1
        across = 6 if all(kind == "stat" for kind, *_ in plots) else 3
        height = 4 if across == 6 else HEIGHT
        for index, (kind, name, unit, lines) in enumerate(plots):
            width = WIDTH // across
            place = {"h": height, "w": width, "x": index % across * width, "y": y + index // across * height}
            panels.append(
                {
                    "type": kind,
                    "title": name,
                    "id": next(numbers),
                    "datasource": SOURCE,
                    "gridPos": place,
                    "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
                    "targets": [
                        {"refId": chr(65 + number), "expr": query, "legendFormat": legend, "datasource": SOURCE}
                        for number, (query, legend) in enumerate(lines)
                    ],
                }
            )
        y += -(-len(plots) // across) * height
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return {
        "title": "Holdpoint",
        "uid": "holdpoint",
        "tags": ["holdpoint"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source]},
        "panels": panels,
    }


def text() -> str:
    """Return what the file holds."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
