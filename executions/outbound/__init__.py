"""Requests to servers of other people: which addresses may be called, and a client that calls nothing else."""

from executions.outbound.client import Answer, Unreachable, post
from executions.outbound.lookups import numbers_soon
from executions.outbound.target import Refusal, Target, read_target, read_trusted

__all__ = ["Answer", "Refusal", "Target", "Unreachable", "numbers_soon", "post", "read_target", "read_trusted"]
