"""Templates for reasons, as forms offer them and as the settings list them."""

from executions.models import ReasonTemplate


def list_reasons() -> list[ReasonTemplate]:
    """Return every template in the order people gave them. There are at most ``commands.reason.MOST_TEMPLATES``."""
    return list(ReasonTemplate.objects.order_by("position", "id"))


def reasons_for(*commands: str) -> dict[str, list[ReasonTemplate]]:
    """Return the templates that are offered for each of some commands, in their order, by one query.

    Args:
        commands: names of ``commands.reason.OFFERED_FOR``, such as ``pause``.

    Returns:
        Command → its templates; those for all commands are among each one's.
    """
    templates = list_reasons()
    return {name: [each for each in templates if not each.commands or name in each.commands] for name in commands}
