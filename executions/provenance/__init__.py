"""The event chain: append, read, verify, export."""

from executions.provenance.append import append
from executions.provenance.jsontext import to_json

__all__ = ["append", "to_json"]
