"""Who did it, through which door, and what they may do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from executions.access import roles_of, scopes_of

if TYPE_CHECKING:
    from executions.models import ApiToken

VIAS = ("console", "api", "cli", "webhook", "engine")


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts.

    Args:
        id: stable id, such as ``user:7``, ``token:3``, ``worker:host-1``, ``policy:errors``.
        name: printed name at the time.
        role: printed role at the time.
        via: the door: one of ``VIAS``.
        scopes: what this actor may do.
        user_id: the person behind it, if any.
        person: that person's user name.
        bulk: id of the bulk job on behalf of which it acts; every event it writes then names the job.
    """

    id: str
    name: str
    role: str
    via: str
    scopes: frozenset[str] = frozenset()
    user_id: int | None = None
    person: str = ""
    bulk: str = ""

    def can(self, scope: str) -> bool:
        """Tell whether this actor has a scope."""
        return scope in self.scopes

    @classmethod
    def of_user(cls, user: Any, via: str = "console") -> "Actor":
        """Make the actor for a signed-in person."""
        name = user.get_username()
        return cls(f"user:{user.pk}", name, roles_of(user), via, scopes_of(user), user.pk, name)

    @classmethod
    def of_token(cls, token: "ApiToken", via: str = "api") -> "Actor":
        """Make the actor for an API token; it can do no more than its owner can now."""
        owner = token.owner
        scopes = scopes_of(owner) & frozenset(token.scopes)
        person = owner.get_username()
        return cls(f"token:{token.pk}", f"{person} ({token.name})", roles_of(owner), via, scopes, owner.pk, person)

    @classmethod
    def worker(cls, name: str) -> "Actor":
        """Make the actor for an engine worker."""
        return cls(f"worker:{name}", name, "worker", "engine")

    @classmethod
    def policy(cls, name: str) -> "Actor":
        """Make the actor for a rule of the engine, such as ``interruptions``."""
        return cls(f"policy:{name}", name, "policy", "engine")


SYSTEM = Actor("system", "system", "system", "engine")
"""For what the installation itself does, such as a management command run on the server."""
