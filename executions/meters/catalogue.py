"""Every measure: its name, kind, labels and what it means. Printed as docs/reference/metrics.md; a test compares."""

from dataclasses import dataclass

PREFIX = "holdpoint_"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"

ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: bounds for what somebody waits for."""
WORK = (0.001, 0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds: bounds for what a worker does."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure.

    Args:
        kind: ``counter``, ``gauge`` or ``histogram``.
        help: what it tells, in a sentence.
        labels: names of its labels. Each takes few values: kinds, states, names of workflows and routes in the code.
        buckets: upper bounds of a histogram, in its unit.
    """

    kind: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


NOW: dict[str, Metric] = {
    "build_info": Metric(GAUGE, "1; what runs here.", ("version", "python", "django", "celery")),
    "database_up": Metric(
        GAUGE, "1 when PostgreSQL answers. While it does not, only this, the broker and the build are told."
    ),
    "database_round_trip_seconds": Metric(GAUGE, "One SELECT 1."),
    "database_connections": Metric(GAUGE, "Connections to this database now."),
    "database_max_connections": Metric(GAUGE, "Most connections that the server takes."),
    "broker_up": Metric(GAUGE, "1 when Redis or Valkey answers."),
    "broker_round_trip_seconds": Metric(GAUGE, "One PING."),
    "broker_messages": Metric(GAUGE, "Hints waiting in the queue; there may be more than runs, or fewer."),
    "broker_listeners": Metric(GAUGE, "Workers that hear pauses and cancels at once."),
    "runs": Metric(GAUGE, "Runs that have not ended. Counted up to 10,000 in each state.", ("state", "workflow")),
    "runs_scheduled": Metric(GAUGE, "Runs whose time has not come. Counted up to 10,000."),
    "runs_stuck": Metric(
        GAUGE,
        "Runs that do not get on: lease (silent worker, nobody took over), lingering (pausing or cancelling for long), "
        "interrupted (its step lost a worker), join (its children have ended). Counted up to 20 each.",
        ("why",),
    ),
    "queue_runs": Metric(GAUGE, "Queued runs that are due. Counted up to 10,000.", ("priority",)),
    "queue_oldest_seconds": Metric(GAUGE, "How long the oldest of them has waited.", ("priority",)),
    "queue_orphans": Metric(GAUGE, "Queued runs of a workflow that no worker knows.", ("workflow",)),
    "holds_open": Metric(GAUGE, "Open holds by how long they have stood. Counted up to 10,000.", ("kind", "age")),
    "holds_oldest_seconds": Metric(GAUGE, "How long the oldest open hold has stood.", ("kind",)),
    "holds_overdue": Metric(GAUGE, "Open holds whose review date has passed. Counted up to 10,000."),
    "freezes_open": Metric(GAUGE, "Freezes in force."),
    "questions_open": Metric(GAUGE, "Open questions. Counted up to 10,000.", ("kind",)),
    "questions_oldest_seconds": Metric(GAUGE, "How long the oldest open question has waited.", ("kind",)),
    "questions_overdue": Metric(GAUGE, "Questions past their deadline that no sweeper has closed."),
    "conditions_overdue": Metric(GAUGE, "Resume conditions past their time that no sweeper has met."),
    "notifications": Metric(GAUGE, "Messages about questions to be sent. Counted up to 10,000.", ("status",)),
    "webhook_deliveries": Metric(GAUGE, "Messages to enabled endpoints to be sent. Counted up to 10,000.", ("status",)),
    "webhook_oldest_seconds": Metric(GAUGE, "How long the oldest of them has waited.", ("status",)),
    "webhook_endpoints": Metric(GAUGE, "Endpoints by how they are: well, failing or disabled.", ("status",)),
    "workers": Metric(GAUGE, "Workers heard of in the last 10 s.", ("version",)),
    "workers_busy": Metric(GAUGE, "Those of them that are on a run."),
    "sweeper_last_seen_timestamp_seconds": Metric(GAUGE, "When a sweeper last gave a sign; each worker has one."),
    "jobs_open": Metric(GAUGE, "Work in the background that was asked for and has not ended.", ("what",)),
    "verification_timestamp_seconds": Metric(GAUGE, "When the whole record was last verified."),
    "verification_whole": Metric(
        GAUGE, "1 when it was whole then, 0 when it was broken or the verification was given up."
    ),
    "record_folded_timestamp_seconds": Metric(GAUGE, "Up to when what has happened is counted below."),
    "stream_listeners": Metric(GAUGE, "Open pages and programs that follow live, over all web processes."),
    "stream_listeners_busiest": Metric(
        GAUGE, "Of the web process that has most of them. HOLDPOINT_MAX_STREAMS counts on each process by itself."
    ),
}
"""What is so when somebody looks."""

HAPPENED: dict[str, Metric] = {
    "runs_launched_total": Metric(COUNTER, "Runs launched, children and forks included.", ("workflow",)),
    "runs_finished_total": Metric(
        COUNTER, "Runs that ended. A failed run that is retried ends again.", ("workflow", "outcome")
    ),
    "step_duration_seconds": Metric(
        HISTOGRAM, "Steps passed, by how long their last attempt took.", ("workflow",), WORK
    ),
    "step_failures_total": Metric(COUNTER, "Attempts of a step that raised.", ("workflow",)),
    "time_to_yield_seconds": Metric(
        HISTOGRAM, "From a pause to the moment its worker let go of the run.", ("workflow",), WORK
    ),
    "leases_expired_total": Metric(COUNTER, "Runs taken from a worker that was silent for too long.", ("workflow",)),
    "commands_denied_total": Metric(COUNTER, "Commands refused.", ("code",)),
    "denials_counted_total": Metric(
        COUNTER, "Commands refused beyond what a history takes within an hour; told of in one line once it is over."
    ),
    "events_total": Metric(COUNTER, "Lines of the record. Source: docs/reference/events.md.", ("kind",)),
}
"""Folded from the record, each line once. Counting begins with the first look."""

MEASURED: dict[str, Metric] = {
    "command_duration_seconds": Metric(
        HISTOGRAM,
        "From a command's request to its commit: how long a pause takes to be acknowledged.",
        ("command", "result"),
        ANSWERS,
    ),
    "http_request_duration_seconds": Metric(
        HISTOGRAM,
        "From a request to its answer; of a stream, to its first line.",
        ("method", "route", "status"),
        ANSWERS,
    ),
    "sweep_duration_seconds": Metric(HISTOGRAM, "One round of a sweeper.", (), ANSWERS),
}
"""Told by the process that did it."""

CATALOGUE: dict[str, Metric] = {**NOW, **HAPPENED, **MEASURED}


def bucket_of(metric: Metric, value: float) -> int:
    """Return the number of the bucket that a value falls into; the one past the last bound takes all larger ones."""
    return next((number for number, bound in enumerate(metric.buckets) if value <= bound), len(metric.buckets))


def as_markdown() -> str:
    """Return every measure as docs/reference/metrics.md prints it."""
    parts = []
    for title, metrics in (
        ("What is so now", NOW),
        ("What has happened", HAPPENED),
        ("What processes measured", MEASURED),
    ):
        lines = [f"## {title}", "", "| metric | kind | labels | what it tells |", "|---|---|---|---|"]
        for name, metric in metrics.items():
            labels = " ".join(f"`{label}`" for label in metric.labels)
            lines.append(f"| `{PREFIX}{name}` | {metric.kind} | {labels} | {metric.help} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
