"""What the doors keep for themselves; everything about runs is in ``executions``."""

from console.models.idempotency import IdempotentRequest

__all__ = ["IdempotentRequest"]
