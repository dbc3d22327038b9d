"""The pages' addresses, one line each."""

from django.urls import path

from console import stream
from console.pages import audit, executions, launch

urlpatterns = [
    path("executions", executions.executions, name="executions"),
    path("executions/changes", executions.changes, name="executions-changes"),
    path("launch", launch.choose, name="launch"),
    path("launch/<str:name>", launch.launch, name="launch-workflow"),
    path("audit", audit.audit, name="audit"),
    path("stream", stream.stream, name="stream"),
]
