"""The people who act in the demo's stories."""

import random
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from executions.actors import Actor

DEMO_ADDRESS = "@demo.invalid"
"""How the accounts of demo mode are told from real ones."""


@dataclass(frozen=True)
class Team:
    """Demo people by what they may do. The accounts that visitors sign in with are left to the visitors.

    Args:
        operators: launch, pause, resume, cancel, retry.
        reviewers: answer, correct, place and lift compliance holds.
        auditors: read, and are refused everything else.
        managers: whom questions are escalated to.
    """

    operators: tuple[Actor, ...]
    reviewers: tuple[Actor, ...]
    auditors: tuple[Actor, ...]
    managers: tuple[Actor, ...]

    @classmethod
    def of_database(cls) -> "Team | None":
        """Return the demo people; None where some are missing."""
        users = get_user_model().objects.filter(email__endswith=DEMO_ADDRESS, is_active=True).order_by("pk")
        found: dict[str, list[Actor]] = {}
        for user in users.prefetch_related("groups"):
            actor = Actor.of_user(user)
            # Colleagues have names such as ana.ferreira; the accounts for visitors are called after their roles.
            if "." in user.get_username() or actor.role == "admin":
                found.setdefault(actor.role, []).append(actor)
        team = cls(*(tuple(found.get(role, ())) for role in ("operator", "reviewer", "auditor", "admin")))
        complete = team.operators and len(team.reviewers) > 2 and team.auditors and team.managers
        return team if complete else None

    @property
    def everybody(self) -> tuple[Actor, ...]:
        """All of them."""
        return (*self.operators, *self.reviewers, *self.auditors, *self.managers)

    @property
    def ids(self) -> list[str]:
        """Stable ids of them all."""
        return [actor.id for actor in self.everybody]

    def operator(self, rng: random.Random) -> Actor:
        """Return one of the operators; the first of them works most."""
        return rng.choices(self.operators, [5, 3, *[2] * (len(self.operators) - 2)])[0]

    def reviewer(self, rng: random.Random, *but: Actor) -> Actor:
        """Return one of the reviewers who is none of some people."""
        return rng.choice([actor for actor in self.reviewers if actor not in but])
