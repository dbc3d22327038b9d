"""Guards that several tables share."""

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


def overtakes_conditions(column: str, condition: str) -> pgtrigger.Trigger:
    """Make the trigger that closes the resume conditions of a hold or a question that came to its end.

    In the database, because there are many ways to an end, and a condition that outlived one could be met later.

    Args:
        column: by which conditions name their hold or question.
        condition: when it has come to its end.
    """
    return pgtrigger.Trigger(
        name="overtakes_conditions",
        operation=pgtrigger.Update,
        when=pgtrigger.After,
        condition=pgtrigger.Condition(condition),
        func=f"""
        UPDATE executions_trigger SET closed_at = clock_timestamp(), outcome = 'overtaken'
        WHERE {column} = NEW.id AND closed_at IS NULL;
        RETURN NULL;
        """,  # noqa: S608
    )
