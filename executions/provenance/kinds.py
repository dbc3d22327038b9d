"""Every kind of event, with what its data hold. Printed as docs/reference/events.md; tests keep both complete."""

from executions.provenance import kinds_of_authority, kinds_of_runs
from executions.provenance.kind import Kind
from executions.provenance.kinds_of_accounts import ACCOUNT_KINDS
from executions.provenance.kinds_of_console import CONSOLE_KINDS
from executions.provenance.kinds_of_policies import POLICY_KINDS
from executions.provenance.kinds_of_system import SYSTEM_KINDS
from executions.provenance.kinds_of_triggers import TRIGGER_KINDS
from executions.provenance.kinds_of_webhooks import WEBHOOK_KINDS

KINDS: dict[str, Kind] = {
    **kinds_of_runs.KINDS,
    **kinds_of_authority.KINDS,
    **TRIGGER_KINDS,
    **POLICY_KINDS,
    **SYSTEM_KINDS,
    **CONSOLE_KINDS,
    **WEBHOOK_KINDS,
    **ACCOUNT_KINDS,
}

REFUSED_KINDS = ("command.denied", "command.denials_counted")
"""Attempts that changed nothing."""


def family(name: str) -> list[str]:
    """Return the kinds that begin with a noun: ``hold`` gives ``hold.placed`` and its like."""
    return [kind for kind in KINDS if kind.partition(".")[0] == name]


def as_markdown() -> str:
    """Return every kind as docs/reference/events.md prints it."""
    parts = []
    for name, kind in KINDS.items():
        lines = [f"### `{name}`", "", kind.when]
        if kind.data:
            lines += ["", "| data | what it holds |", "|---|---|"]
            lines += [f"| `{field}` | {holds} |" for field, holds in kind.data.items()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
