"""The event chain: append, read, verify, export."""

from executions.provenance.append import append, append_each
from executions.provenance.jsontext import to_json

__all__ = ["append", "append_each", "to_json"]
