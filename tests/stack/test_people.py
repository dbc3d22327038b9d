"""Demo accounts come with demo mode, go with it, and never touch a real one."""

import pytest
from django.contrib.auth.models import User

from console.stack.people import ensure_demo_people, retire_demo_people


def test_making_them_twice_changes_nothing(cast, encoded_password):
    before = list(User.objects.order_by("id").values())
    ensure_demo_people(encoded_password)
    assert list(User.objects.order_by("id").values()) == before


def test_leaving_demo_mode_shuts_them_out(cast):
    assert retire_demo_people() == 5
    cast.admin.refresh_from_db()
    assert not cast.admin.is_active
    assert not cast.admin.is_superuser
    assert not cast.admin.check_password(cast.password)
    cast.outsider.refresh_from_db()
    assert cast.outsider.is_active


def test_a_real_account_of_the_same_name_is_not_taken_over(db, encoded_password):
    real = User.objects.create_user("admin", "root@example.com", "a password of her own")
    with pytest.raises(ValueError, match="'admin' is not a demo account"):
        ensure_demo_people(encoded_password)
    real.refresh_from_db()
    assert real.check_password("a password of her own")


def test_a_demo_account_is_one_whatever_its_address(cast, encoded_password):
    User.objects.filter(username="admin").update(email="me@example.com")
    ensure_demo_people(encoded_password)
    assert User.objects.get(username="admin").email == "admin@demo.invalid"
    User.objects.filter(username="admin").update(email="me@example.com")
    assert retire_demo_people() == 5
    admin = User.objects.get(username="admin")
    assert (admin.is_active, admin.is_superuser, admin.has_usable_password()) == (False, False, False)
