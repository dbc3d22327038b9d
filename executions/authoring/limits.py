"""The part of ``ctx`` that counts what a run spends and suffers, and can have it held."""

from typing import Any

from executions.authoring.backing import MISSING, Backing
from executions.authoring.policies import is_amount

WORDS = 1000
"""Characters kept of a reason or an error."""


class Limited:
    """What a step can do towards the limits of its run. Part of ``Context``."""

    _backing: Backing

    def spend(self, name: str, amount: float, *, key: str | None = None) -> float:
        """Count against one of the workflow's budgets; over it, the run is held for a person and the step yields here.

        Args:
            name: the budget.
            amount: what was spent, from 0.
            key: unique in this step: counted once, however often the step re-enters. Without it every call counts.

        Returns:
            What is left of the budget; for a key that was counted before, what was left then.

        Raises:
            ValueError: the workflow has no such budget, or the amount is none.
            Yielded: the budget is exceeded; not an ``Exception``, let it pass.
        """
        if amount != 0 and not is_amount(amount):
            raise ValueError(f"What is spent of {name} must be a number from 0, not {amount!r}.")
        key = None if key is None else f"spend:{name}:{key}"
        found: Any = MISSING if key is None else self._backing.recorded(key)
        left: float = self._backing.spend(name, amount, key) if found is MISSING else found
        return left

    def error(self, key: str, what: object) -> None:
        """Tell of an error in one item that does not end the step; counted and kept in the history once per key.

        With more errors than the workflow's ``error_threshold`` the run is held for a person and the step yields here.

        Args:
            key: unique in this step.
            what: what went wrong: a text or an exception.

        Raises:
            Yielded: too many errors; not an ``Exception``, let it pass.
        """
        if self._backing.recorded(f"error:{key}") is MISSING:
            text = f"{type(what).__name__}: {what}" if isinstance(what, BaseException) else str(what)
            self._backing.item_failed(str(key), _storable(text))

    def hold(self, key: str, reason: str, *, code: str = "external-dependency") -> None:
        """Hold the run until a person resumes it; the step yields here and re-enters later.

        Args:
            key: unique in this step: once resumed, the step passes here.
            reason: why, for the person who reads it.
            code: a word for statistics.

        Raises:
            ValueError: without a reason.
            Yielded: not an ``Exception``, let it pass.
        """
        if not reason.strip():
            raise ValueError("ctx.hold needs a reason: whoever is to resume the run reads it.")
        if self._backing.recorded(f"hold:{key}") is MISSING:
            self._backing.hold(str(key), _storable(reason), _storable(code)[:60])


def _storable(text: str) -> str:
    return text.replace("\x00", "␀").encode(errors="replace").decode()[:WORDS]
