"""A guard that several tables share."""

import pgtrigger


def no_truncate() -> pgtrigger.Trigger:
    """Make the trigger that refuses TRUNCATE, which row triggers do not see."""
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        func="RAISE EXCEPTION 'Cannot truncate %: it is a record', TG_TABLE_NAME;",
    )
