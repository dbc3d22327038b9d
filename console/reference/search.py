"""Finding operations by words: all of a query's words must be somewhere in what an operation says."""

from dataclasses import dataclass

from console.reference.document import Group, Operation, groups
from console.reference.fields import Field, Shape

LONGEST = 100
"""Characters of a query; the rest is left out."""


@dataclass(frozen=True, slots=True)
class Found:
    """An operation that was found.

    Args:
        group: where it stands.
        operation: itself.
        fields: names of its fields that hold a word of the query, where nothing better does.
    """

    group: Group
    operation: Operation
    fields: tuple[str, ...]


def find(query: str) -> list[Found]:
    """Return the operations that a query finds, best first: by name, then by description, then by a field.

    Args:
        query: words, in lower case.
    """
    words = query.split()
    ranked = []
    for group in groups():
        for operation in group.operations:
            head = f"{operation.method} {operation.path} {operation.id} {operation.title}".casefold()
            said = f"{head} {group.name} {operation.lead} {operation.more} {operation.needs}".casefold()
            names = names_of(operation)
            everything = f"{said} {' '.join(names)}".casefold()
            if all(word in everything for word in words):
                rank = sum(0 if word in head else 1 if word in said else 3 for word in words)
                named = tuple(name for name in names if any(word in name and word not in said for word in words))
                ranked.append((rank, Found(group, operation, named)))
    return [found for _, found in sorted(ranked, key=lambda each: each[0])]


def names_of(operation: Operation) -> list[str]:
    """Return the names of all fields that an operation takes or answers, each once."""
    names: dict[str, None] = {}

    def add(fields: tuple[Field, ...], shapes: tuple[Shape, ...]) -> None:
        for field in fields:
            names[field.name] = None
            add((), field.below)
        for shape in shapes:
            add(shape.fields, ())

    for part in (*operation.sent, *(body for answer in operation.answers for body in answer.bodies)):
        add(part.fields, part.below)
    return list(names)
