"""What lists and pages read. Everything here costs a constant number of queries, however many rows there are."""

from executions.queries.chosen import RunFilter, matching
from executions.queries.freezes import (
    Preview,
    attach_freezes,
    count_open_freezes,
    find_freeze,
    freezes_over,
    frozen_seconds,
    kept_by_each,
    list_freezes,
    preview,
    samples,
)
from executions.queries.labels import labels_in_use, list_label_rules
from executions.queries.limits import Budget, Clock, budgets_of, clock_of, stale_runs
from executions.queries.one_run import (
    FileHistory,
    StepView,
    cancel_request,
    file_content,
    files_of,
    find,
    find_condition,
    find_event,
    find_hold,
    find_question,
    history,
    holds_of,
    question_by_id,
    questions_of,
    steps_of,
)
from executions.queries.order import SORTS, order_of, states_in
from executions.queries.page import Page
from executions.queries.people import names_with
from executions.queries.preferences import preference_of
from executions.queries.reasons import list_reasons, reasons_for
from executions.queries.runs import count_new, list_runs, list_with_counts, rows_by_id
from executions.queries.search import COUNT_CAP, Count, count_by_state
from executions.queries.tokens import find_token, list_tokens
from executions.queries.views import find_view, views_for
from executions.queries.webhooks import find_delivery, find_webhook, list_deliveries, list_webhooks

__all__ = [
    "COUNT_CAP",
    "SORTS",
    "Budget",
    "Clock",
    "Count",
    "FileHistory",
    "Page",
    "Preview",
    "RunFilter",
    "StepView",
    "attach_freezes",
    "budgets_of",
    "cancel_request",
    "clock_of",
    "count_by_state",
    "count_new",
    "count_open_freezes",
    "file_content",
    "files_of",
    "find",
    "find_condition",
    "find_delivery",
    "find_event",
    "find_freeze",
    "find_hold",
    "find_question",
    "find_token",
    "find_view",
    "find_webhook",
    "freezes_over",
    "frozen_seconds",
    "history",
    "holds_of",
    "kept_by_each",
    "labels_in_use",
    "list_deliveries",
    "list_freezes",
    "list_label_rules",
    "list_reasons",
    "list_runs",
    "list_tokens",
    "list_webhooks",
    "list_with_counts",
    "matching",
    "names_with",
    "order_of",
    "preference_of",
    "preview",
    "question_by_id",
    "questions_of",
    "reasons_for",
    "rows_by_id",
    "samples",
    "stale_runs",
    "states_in",
    "steps_of",
    "views_for",
]
