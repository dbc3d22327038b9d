"""What lists and pages read. Everything here costs a constant number of queries, however many rows there are."""

from executions.queries.one_run import (
    FileHistory,
    StepView,
    cancel_request,
    file_content,
    files_of,
    find,
    find_event,
    find_hold,
    find_question,
    history,
    holds_of,
    newest_events,
    question_by_id,
    questions_of,
    steps_of,
)
from executions.queries.page import Page
from executions.queries.runs import count_new, list_runs, rows_by_id
from executions.queries.search import COUNT_CAP, Count, RunFilter, count_by_state, matching

__all__ = [
    "COUNT_CAP",
    "Count",
    "FileHistory",
    "Page",
    "RunFilter",
    "StepView",
    "cancel_request",
    "count_by_state",
    "count_new",
    "file_content",
    "files_of",
    "find",
    "find_event",
    "find_hold",
    "find_question",
    "history",
    "holds_of",
    "list_runs",
    "matching",
    "newest_events",
    "question_by_id",
    "questions_of",
    "rows_by_id",
    "steps_of",
]
