"""The pages' addresses, one line each."""

from django.urls import path

from console import stream
from console.pages import audit, commands, execution, executions, files, freezes, holds, inbox, launch, suspensions

urlpatterns = [
    path("executions", executions.executions, name="executions"),
    path("executions/changes", executions.changes, name="executions-changes"),
    path("executions/<uuid:execution_id>", execution.execution, name="execution"),
    path("executions/<uuid:execution_id>/payload.json", execution.payload, name="execution-payload"),
    path("executions/<uuid:execution_id>/events/<int:seq>", execution.event, name="execution-event"),
    path("executions/<uuid:execution_id>/file", files.download, name="execution-file"),
    path("executions/<uuid:execution_id>/pause", commands.pause, name="execution-pause"),
    path("executions/<uuid:execution_id>/resume", commands.resume, name="execution-resume"),
    path("executions/<uuid:execution_id>/cancel", commands.cancel, name="execution-cancel"),
    path("executions/<uuid:execution_id>/retry", commands.retry, name="execution-retry"),
    path("executions/<uuid:execution_id>/extend", commands.extend, name="execution-extend"),
    path("executions/<uuid:execution_id>/place", commands.place, name="execution-place"),
    path("executions/<uuid:execution_id>/amend", commands.amend, name="execution-amend"),
    path("executions/<uuid:execution_id>/replace-file", files.replace, name="execution-replace-file"),
    path("executions/<uuid:execution_id>/holds/<uuid:hold_id>/annotate", holds.annotate, name="hold-annotate"),
    path("executions/<uuid:execution_id>/holds/<uuid:hold_id>/release", holds.release, name="hold-release"),
    path("executions/<uuid:execution_id>/questions/<uuid:suspension_id>", suspensions.answer, name="question-answer"),
    path("holds/freezes", freezes.freezes, name="freezes"),
    path("holds/freezes/place", freezes.place, name="freeze-place"),
    path("holds/freezes/<uuid:freeze_id>/lift", freezes.lift, name="freeze-lift"),
    path("inbox", inbox.inbox, name="inbox"),
    path("decide/<str:token>", inbox.decide, name="decide"),
    path("launch", launch.choose, name="launch"),
    path("launch/<str:name>", launch.launch, name="launch-workflow"),
    path("audit", audit.audit, name="audit"),
    path("audit/verify", audit.verify, name="audit-verify"),
    path("audit/export", audit.export, name="audit-export"),
    path("audit/<str:ledger>/<int:seq>", audit.line, name="audit-line"),
    path("stream", stream.stream, name="stream"),
]
