"""The payment provider of the demos: a table that pays once for each idempotency key, as real providers do."""

from decimal import Decimal

from workflows.models import Payout


def pay_back(order: str, amount: Decimal, key: str) -> str:
    """Pay an amount back.

    Args:
        order: what it was paid for.
        amount: euros.
        key: idempotency key; the same key pays once, however often it is sent.

    Returns:
        The receipt's number.
    """
    payout, _ = Payout.objects.get_or_create(idempotency_key=key, defaults={"order": order, "amount": amount})
    return f"RC-{payout.pk:06d}"
