"""The OpenAPI document, read once per process: groups of operations, each with all that its page says."""

import functools
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.text import slugify

from console.api.v1 import api
from console.reference.fields import Field, Node, Reader, Shape
from console.reference.samples import Sample, samples
from executions.access import ROLES, SCOPES

METHODS = ("get", "post", "put", "patch", "delete")
PLACES = {"path": "Path", "query": "Query", "header": "Headers"}
NEEDS = re.compile(r"(?:^|(?<=[.;?!]\s))(Needs .*?\.)(?=\s|$)", re.DOTALL | re.MULTILINE)
"""The sentence of a description that says who may."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields that are sent, or answered, in one place.

    Args:
        title: of the place, such as ``Query``.
        told: what there is to say of all of them.
        fields: in their order; empty for what is no object.
        kind: type of the whole, where it has a name or is no object.
        below: the objects it may hold, where it is no object itself.
    """

    title: str
    told: str
    fields: tuple[Field, ...]
    kind: str = ""
    below: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be answered.

    Args:
        status: of HTTP.
        title: its name in HTTP.
        told: its description, where that says more than its name.
        bodies: one for each type of content.
        headers: that come with it.
        example: a body, as it was once sent; None where there is none.
        kind: type of the example's content.
    """

    status: str
    title: str
    told: str
    bodies: tuple[Fields, ...]
    headers: tuple[Field, ...]
    example: Any
    kind: str

    @property
    def is_problem(self) -> bool:
        """Whether it refuses."""
        return self.status >= "400"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    Args:
        id: operationId, its anchor.
        group: its tag.
        method: in capitals.
        path: with the names of what is filled in.
        title: in a few words.
        lead: the first paragraph of its description.
        more: the others.
        needs: the sentence that says who may.
        scopes: those that it names, each with the roles that have it as installed.
        is_open: nobody needs to sign in.
        sent: parameters and bodies.
        answers: of success.
        problems: of refusal.
        leads_to: ids of operations that take the id it answers.
        samples: programs and commands that send it.
    """

    id: str
    group: str
    method: str
    path: str
    title: str
    lead: str
    more: str
    needs: str
    scopes: tuple[tuple[str, tuple[str, ...]], ...]
    is_open: bool
    sent: tuple[Fields, ...]
    answers: tuple[Answer, ...]
    problems: tuple[Answer, ...]
    leads_to: tuple[str, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Operations on one kind of thing.

    Args:
        name: the tag.
        slug: of its page's address.
        told: its description.
        operations: in the order of the document.
    """

    name: str
    slug: str
    told: str
    operations: tuple[Operation, ...]


@functools.cache
def document() -> Node:
    """Return the document that `/v1/openapi.json` serves."""
    found: Node = api.get_openapi_schema()
    return found


@functools.cache
def groups() -> tuple[Group, ...]:
    """Return the groups in the order of the document's tags."""
    described = document()
    reader = Reader(described["components"]["schemas"])
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                read = _operation(reader, described, method, path, methods[method])
                by_tag.setdefault(read.group, []).append(read)
    return tuple(
        Group(tag["name"], slugify(tag["name"]), tag["description"], tuple(by_tag[tag["name"]]))
        for tag in described["tags"]
    )


@functools.cache
def places() -> dict[str, tuple[Group, Operation]]:
    """Return operation id → its group and itself."""
    return {operation.id: (group, operation) for group in groups() for operation in group.operations}


def common_problems() -> tuple[Answer, ...]:
    """Return every problem that the document names, once."""
    described = document()
    reader = Reader(described["components"]["schemas"])
    return tuple(_answer(reader, str(_status(each)), each) for each in described["components"]["responses"].values())


def _status(response: Node) -> int:
    return int(next(iter(response["content"].values()))["example"]["status"])


def _operation(reader: Reader, described: Node, method: str, path: str, operation: Node) -> Operation:
    needs = " ".join(NEEDS.findall(operation.get("description", ""))).replace("\n", " ")
    lead, _, more = NEEDS.sub("", operation.get("description", "")).strip().partition("\n\n")
    answers = [
        _answer(reader, status, _followed(described, answer)) for status, answer in operation["responses"].items()
    ]
    return Operation(
        id=operation["operationId"],
        group=operation["tags"][0],
        method=method.upper(),
        path=path,
        title=operation["summary"],
        lead=lead,
        more=more,
        needs=needs,
        scopes=tuple((scope, roles_with(scope)) for scope in SCOPES if f"`{scope}`" in needs),
        is_open=not operation["security"],
        sent=tuple(_sent(reader, operation)),
        answers=tuple(answer for answer in answers if not answer.is_problem),
        problems=tuple(answer for answer in answers if answer.is_problem),
        leads_to=tuple(
            link["operationId"]
            for answer in operation["responses"].values()
            for link in answer.get("links", {}).values()
        ),
        samples=samples(method.upper(), path, operation),
    )


def roles_with(scope: str) -> tuple[str, ...]:
    """Return the roles that have a scope as they are installed."""
    return tuple(role for role, scopes in ROLES.items() if scope in scopes)


def _followed(described: Node, answer: Node) -> Node:
    name = str(answer.get("$ref", "")).rpartition("/")[2]
    return described["components"]["responses"][name] if name else answer


def _sent(reader: Reader, operation: Node) -> list[Fields]:
    found = []
    for place, title in PLACES.items():
        fields = tuple(reader.parameter(each) for each in operation["parameters"] if each["in"] == place)
        if fields:
            found.append(Fields(title, "", fields))
    body = operation.get("requestBody", {})
    for kind, content in body.get("content", {}).items():
        title = f"Body, {kind}" if body.get("required") else f"Body, {kind}, optional"
        found.append(_whole(reader, title, content["schema"], body.get("description", "")))
    return found


def _whole(reader: Reader, title: str, schema: Node, told: str = "") -> Fields:
    """Read a body: the members of an object, or what else it is."""
    shapes = reader.shapes(schema)
    is_object = len(shapes) == 1 and ("properties" in schema or "$ref" in schema)
    if is_object:
        return Fields(title, told or shapes[0].told, shapes[0].fields, shapes[0].name)
    return Fields(title, told or schema.get("description", ""), (), reader.kind(schema), shapes)


def _answer(reader: Reader, status: str, answer: Node) -> Answer:
    title = HTTPStatus(int(status)).phrase
    bodies, example, shown = [], None, ""
    for kind, content in answer.get("content", {}).items():
        if content.get("schema") is not None:
            bodies.append(_whole(reader, kind, content["schema"]))
        if example is None and "example" in content:
            example, shown = content["example"], kind
    headers = tuple(reader.parameter({"name": name, **header}) for name, header in answer.get("headers", {}).items())
    told = answer.get("description", "")
    return Answer(status, title, "" if told == title else told, tuple(bodies), headers, example, shown)
