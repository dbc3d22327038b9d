"""The demo people: one account per role, one shared password, marked so that they can be told from real ones."""

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

DOMAIN = "demo.invalid"
# name -> (role, printed name)
PEOPLE = {
    "operator": ("operator", "Olga Operator"),
    "reviewer": ("reviewer", "Rita Reviewer"),
    "reviewer2": ("reviewer", "Ravi Reviewer"),
    "auditor": ("auditor", "Anna Auditor"),
    "admin": ("admin", "Adam Admin"),
}
# Those who act in the demo by themselves. Nobody is asked to sign in as one of them, though they can.
COLLEAGUES = {
    "ana.ferreira": ("operator", "Ana Ferreira"),
    "jonas.weber": ("operator", "Jonas Weber"),
    "amira.haddad": ("operator", "Amira Haddad"),
    "tomasz.zielinski": ("operator", "Tomasz Zieliński"),
    "lena.fischer": ("reviewer", "Lena Fischer"),
    "owen.clarke": ("reviewer", "Owen Clarke"),
    "priya.nair": ("reviewer", "Priya Nair"),
    "mateo.rossi": ("reviewer", "Mateo Rossi"),
    "sofia.berg": ("auditor", "Sofia Berg"),
    "ines.moreau": ("admin", "Inès Moreau"),
}


def encode_password(password: str) -> str:
    """Return `password` hashed: what the demo people have if it is still the same, so that a start costs one hash."""
    operator = get_user_model().objects.filter(username="operator", email=_address("operator"))
    shared = operator.values_list("password", flat=True).first()
    return shared if shared and check_password(password, shared) else make_password(password)


@transaction.atomic
def ensure_demo_people(encoded_password: str, people: Mapping[str, tuple[str, str]] = PEOPLE) -> None:
    """Make demo people, or bring them back to their roles and password. Doing it twice changes nothing.

    Args:
        encoded_password: the password they share, hashed by `encode_password`.
        people: name → role and printed name.

    Raises ValueError when one of the names belongs to a real person: nobody's account is taken over.
    """
    users = get_user_model().objects
    for name, (role, printed) in people.items():
        first, last = printed.split(" ")
        facts = {"first_name": first, "last_name": last, "password": encoded_password, "is_active": True}
        facts |= {"is_staff": role == "admin", "is_superuser": role == "admin"}
        if users.filter(username=name).exclude(_is_demo()).exists():
            raise ValueError(f"The account {name!r} is not a demo account. Start with HOLDPOINT_DEMO=0.")
        user, _ = users.update_or_create(username=name, defaults={**facts, "email": _address(name)})
        user.groups.set([Group.objects.get_or_create(name=role)[0]])


def retire_demo_people() -> int:
    """Shut out the demo people of an earlier start in demo mode; return how many. History keeps their names."""
    demo = get_user_model().objects.filter(_is_demo(), is_active=True)
    return demo.update(is_active=False, is_staff=False, is_superuser=False, password=make_password(None))


def _is_demo() -> Q:
    """Return what marks a demo account: its address, or its three names, should the address have been changed."""
    marked = Q(email__endswith=f"@{DOMAIN}")
    for name, (_, printed) in {**PEOPLE, **COLLEAGUES}.items():
        first, last = printed.split(" ")
        marked |= Q(username=name, first_name=first, last_name=last)
    return marked


def _address(name: str) -> str:
    return f"{name}@{DOMAIN}"
