"""Who may answer a question, and how many must."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a question is put to. Everything given must be true of a person; each also needs ``suspensions:answer``.

    Args:
        permission: a Django permission, such as ``executions.approve_payment``.
        group: name of a Django group.
        users: usernames; any one of them.
        approvals: how many people must approve; for approvals only. One rejection closes the question.
        not_launcher: whoever launched the run may not answer.

    Raises:
        ValueError: an argument that makes no sense, named.
    """

    permission: str = ""
    group: str = ""
    users: tuple[str, ...] = ()
    approvals: int = 1
    not_launcher: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.permission, str) or (self.permission and "." not in self.permission):
            raise ValueError(f"Who: permission must be written as app.codename, not {self.permission!r}.")
        if not isinstance(self.group, str):
            raise ValueError(f"Who: group must be the name of one group, not {self.group!r}.")
        if isinstance(self.users, str) or not all(isinstance(name, str) and name for name in self.users):
            raise ValueError(f"Who: users must be usernames in a tuple, not {self.users!r}.")
        object.__setattr__(self, "users", tuple(dict.fromkeys(self.users)))
        if isinstance(self.approvals, bool) or not isinstance(self.approvals, int) or self.approvals < 1:
            raise ValueError(f"Who: approvals must be a whole number from 1, not {self.approvals!r}.")
        if self.users and self.approvals > len(self.users):
            raise ValueError(f"Who: approvals is {self.approvals}, but users names only {len(self.users)}.")

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with a question."""
        return {
            "permission": self.permission,
            "group": self.group,
            "users": list(self.users),
            "approvals": self.approvals,
            "not_launcher": self.not_launcher,
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any] | None) -> "Who":
        """Read what is stored with a question; everybody with the scope where it is None."""
        told = stored or {}
        return cls(
            permission=told.get("permission", ""),
            group=told.get("group", ""),
            users=tuple(told.get("users", ())),
            approvals=told.get("approvals", 1),
            not_launcher=told.get("not_launcher", False),
        )

    def sentence(self) -> str:
        """Say who may answer, for the page, the API and refusals."""
        if self.users:
            whom = " or ".join(self.users)
        elif self.group:
            whom = f"Members of the group {self.group}"
        else:
            whom = "Whoever may answer questions"
        conditions = []
        if self.users and self.group:
            conditions.append(f"in the group {self.group}")
        if self.permission:
            conditions.append(f"with the permission {self.permission}")
        if self.not_launcher:
            conditions.append("but not the person who launched the run")
        told = ", ".join([whom, *conditions]) if conditions else whom
        if self.approvals > 1:
            return f"{told}. {self.approvals} people must approve."
        return f"{told}."
