"""JSON Schema as a reader wants it: fields with a type in words, what a value must be, and what is below."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

type Node = dict[str, Any]

NOT_BLANK = r"\S"
NOTHING: tuple[Any, ...] = (None, "", [], {})
"""Defaults that say no more than that a field may be left out."""
SPANS = (
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "items"),
    ("minProperties", "maxProperties", "members"),
    ("minimum", "maximum", ""),
)
"""Least, most, and of what."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one member of an object.

    Args:
        name: as it is sent.
        kind: its type in words, such as ``array of HoldOut or null``.
        required: whether it must be there.
        told: its description.
        rules: what else a value must be, each a few words.
        choices: the values there are, as JSON; empty where there are too many to name.
        default: as JSON; None where it has none.
        example: as JSON; empty where there is none.
        below: the objects it may hold.
    """

    name: str
    kind: str
    required: bool
    told: str
    rules: tuple[str, ...]
    choices: tuple[str, ...]
    default: str | None
    example: str
    below: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object, or one of the forms that a value may have.

    Args:
        name: of the document; empty for one without a name.
        told: its description.
        fields: its members.
    """

    name: str
    told: str
    fields: tuple[Field, ...]


class Reader:
    """Reads the schemas of one OpenAPI document.

    Args:
        schemas: its ``components.schemas``.
    """

    def __init__(self, schemas: dict[str, Node]) -> None:
        self._schemas = schemas

    def parameter(self, parameter: Node) -> Field:
        """Read a parameter of the path, the query or the headers."""
        schema = {**parameter["schema"], "description": parameter.get("description", "")}
        if "example" in parameter:
            schema["examples"] = [parameter["example"]]
        return self._field(parameter["name"], schema, parameter.get("required", False), ())

    def shapes(self, schema: Node, within: tuple[str, ...] = ()) -> tuple[Shape, ...]:
        """Return the objects that a value of a schema may hold, each once.

        Args:
            schema: of the value.
            within: names of the documents around it; none is unfolded within itself.
        """
        return tuple(dict.fromkeys(self._shapes(schema, within)))

    def _shapes(self, schema: Node, within: tuple[str, ...]) -> Iterator[Shape]:
        name = name_of(schema)
        if name in within:
            return
        if name:
            schema, within = self._schemas[name], (*within, name)
        if "properties" in schema:
            required = schema.get("required", [])
            fields = (self._field(key, each, key in required, within) for key, each in schema["properties"].items())
            yield Shape(name, schema.get("description", ""), tuple(fields))
        parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
        parts += [part for part in (schema.get("items"), schema.get("additionalProperties")) if isinstance(part, dict)]
        for part in parts:
            yield from self._shapes(part, within)

    def kind(self, schema: Node) -> str:
        """Say the type of a schema in words."""
        if name := name_of(schema):
            return name
        for word in ("anyOf", "oneOf", "allOf"):
            if word in schema:
                return either(list(dict.fromkeys(self.kind(part) for part in schema[word])))
        if "const" in schema:
            return as_json(schema["const"])
        if schema.get("type") == "array":
            return f"array of {self.kind(schema.get('items', {}))}"
        if isinstance(schema.get("additionalProperties"), dict) and "properties" not in schema:
            return f"map of {self.kind(schema['additionalProperties'])}"
        if schema.get("contentMediaType") or schema.get("format") == "binary":
            return "file"
        return str(schema.get("format") or schema.get("type") or "any")

    def _field(self, name: str, schema: Node, required: bool, within: tuple[str, ...]) -> Field:
        named = {**self._schemas.get(name_of(schema), {}), **schema}
        shown = next(iter(named.get("examples", ())), None)
        return Field(
            name=name,
            kind=self.kind(schema),
            required=required,
            told=schema.get("description", ""),
            rules=tuple(rule for rule in rules(named) if rule not in schema.get("description", "").lower()),
            choices=tuple(as_json(each) for each in choices(named)),
            default=None if named.get("default") in NOTHING else as_json(named["default"]),
            example="" if shown is None else as_json(shown),
            below=self.shapes(schema, within),
        )


def either(kinds: list[str]) -> str:
    """Say that a value has one of some types; that it may be a list of the others too, without saying them again."""
    others = " or ".join(kind for kind in kinds if kind != "null" and not kind.startswith("array of "))
    kinds = ["array of these" if kind == f"array of {others}" and " or " in others else kind for kind in kinds]
    return " or ".join(kinds)


def name_of(schema: Node) -> str:
    """Return the name of the document that a schema refers to; empty where it says all itself."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def as_json(value: Any) -> str:
    """Write a value as it is sent."""
    return json.dumps(value, ensure_ascii=False)


def choices(schema: Node) -> Iterator[Any]:
    """Yield the values that a schema names."""
    for part in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        yield from part.get("enum", ())


def rules(schema: Node) -> Iterator[str]:
    """Yield what else a value must be; of alternatives, what each of them asks for."""
    for part in (schema, *schema.get("anyOf", ())):
        pattern = part.get("pattern", "")
        if pattern == NOT_BLANK:
            yield "not blank"
        elif pattern and part.get("format") != "uuid":
            yield f"matches `{pattern}`"
        for least, most, unit in SPANS:
            span = spanned(part.get(least), part.get(most), unit)
            if span and (pattern, span) != (NOT_BLANK, "at least 1 character"):
                yield span
        if "exclusiveMinimum" in part:
            yield f"more than {part['exclusiveMinimum']}"


def spanned(least: Any, most: Any, unit: str) -> str:
    """Say between which numbers something must lie; empty where it may be any."""
    only = least if most is None else most
    words = f" {unit if only != 1 else unit.removesuffix('s')}" if unit else ""
    if least is not None and most is not None:
        return f"{least:,} to {most:,}{words}"
    if most is not None:
        return f"at most {most:,}{words}"
    return f"at least {least:,}{words}" if least else ""
