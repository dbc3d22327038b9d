"""The ledger cannot hold one posting twice, whatever a program tries."""

import uuid
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db

RUN = uuid.UUID("01900000-0000-7000-8000-000000000001")


def post(**changes) -> LedgerEntry:
    """Post an entry, by default always the same one."""
    values = {
        "execution_id": RUN,
        "file_name": "a.xml",
        "sha256": "0" * 64,
        "idempotency_key": "key-of-a",
        "document_number": "7",
        "supplier_id": "SE556901234501",
        "supplier_name": "Norrsken Kontor AB",
        "currency": "SEK",
        "amount": Decimal("69347.50"),
    }
    with transaction.atomic():
        return LedgerEntry.objects.create(**values | changes)


def test_an_entry_keeps_its_amount_exactly():
    post(amount=Decimal("-123456789012345678.123456"))
    entry = LedgerEntry.objects.get()
    assert entry.amount == Decimal("-123456789012345678.123456")
    assert entry.posted_at is not None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"file_name": "b.xml"},
        {"execution_id": uuid.uuid4()},
        {"idempotency_key": "another key"},
        {"idempotency_key": "another key", "sha256": "1" * 64, "document_number": "7-corrected"},
    ],
    ids=["all the same", "same key", "same key in another run", "same file", "same file after it was replaced"],
)
def test_the_same_posting_cannot_be_stored_twice(changes):
    post()
    with pytest.raises(IntegrityError):
        post(**changes)
    assert LedgerEntry.objects.count() == 1


def test_one_number_in_two_files_is_posted_twice_because_suppliers_do_that():
    post()
    post(file_name="b.xml", idempotency_key="key-of-b")
    assert LedgerEntry.objects.filter(supplier_id="SE556901234501", document_number="7").count() == 2


def test_another_run_posts_for_itself():
    post()
    post(execution_id=uuid.uuid4(), idempotency_key="key of the other run")
    assert LedgerEntry.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "not a digest"},
        {"currency": "kr"},
        {"file_name": ""},
        {"document_number": ""},
        {"idempotency_key": ""},
    ],
)
def test_an_entry_that_says_too_little_is_refused(changes):
    with pytest.raises(IntegrityError):
        post(**changes)


def test_an_entry_cannot_be_changed_or_deleted():
    entry = post()
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        LedgerEntry.objects.filter(pk=entry.pk).update(amount=0)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        LedgerEntry.objects.filter(pk=entry.pk).delete()
    assert LedgerEntry.objects.get().amount == Decimal("69347.50")
