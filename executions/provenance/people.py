"""Who has ever acted, and which of them a name stands for."""

from django.db import connection

MOST_PEOPLE = 1000
MOST_IN_ONE_SEARCH = 30

# Hops from one actor to the next over the index by actor, so that it costs as many look-ups as there are actors.
PEOPLE = """
WITH RECURSIVE person (id) AS (
    (SELECT actor_id FROM executions_event WHERE NOT (via = 'engine') ORDER BY actor_id LIMIT 1)
    UNION ALL
    SELECT (SELECT actor_id FROM executions_event WHERE NOT (via = 'engine') AND actor_id > person.id
            ORDER BY actor_id LIMIT 1)
    FROM person WHERE person.id IS NOT NULL
)
SELECT person.id, newest.actor_name FROM person CROSS JOIN LATERAL (
    SELECT actor_name FROM executions_event WHERE actor_id = person.id AND NOT (via = 'engine') ORDER BY at DESC LIMIT 1
) AS newest
WHERE person.id IS NOT NULL LIMIT %s
"""


def people() -> list[tuple[str, str]]:
    """Return id and newest printed name of everybody and everything that ever acted from outside, by name."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [MOST_PEOPLE])
        return sorted(cursor.fetchall(), key=lambda row: (row[1].lower(), row[0]))


def actors_called(person: str) -> list[str]:
    """Return the ids that a name stands for.

    Args:
        person: an actor's id, a printed name (a person's own and that of his tokens), or else a part of one. Workers
            and rules of the engine are found by id alone, such as ``worker:host-1``: no index knows their names.
    """
    if is_engine(person):
        return [person]
    known = people()
    exact = [actor for actor, name in known if person in (actor, name) or name.startswith(f"{person} (")]
    partly = [actor for actor, name in known if person.lower() in name.lower()]
    return (exact or partly)[:MOST_IN_ONE_SEARCH]


def is_engine(actor_id: str) -> bool:
    """Tell whether an actor's id is that of a worker or a rule of the engine."""
    return actor_id.startswith(("worker:", "policy:"))
