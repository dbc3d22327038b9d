"""The pages' addresses, one line each."""

from django.urls import path

from console import stream

urlpatterns = [
    path("stream", stream.stream, name="stream"),
]
