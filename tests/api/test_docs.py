"""The published description."""

import json

import pytest
from django.test import Client

from executions.access import SCOPES


@pytest.fixture
def openapi():
    answer = Client().get("/v1/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.content)


@pytest.mark.django_db
def test_the_description_says_how_to_sign_in_and_what_each_route_takes(openapi):
    assert openapi["openapi"].startswith("3.1")
    assert openapi["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"
    pause = openapi["paths"]["/v1/async-executions/{id}/pause"]["post"]
    schema = pause["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["reason"]
    assert schema["additionalProperties"] is False
    one, several, nothing = schema["properties"]["resume_when"]["anyOf"]
    assert nothing == {"type": "null"}
    assert one["oneOf"][0]["const"] == "manual"
    assert several["items"] == one
    assert "Idempotency-Key" in [parameter["name"] for parameter in pause["parameters"]]
    assert {"200", "401", "403", "404", "409", "422"} <= set(pause["responses"])
    launch = openapi["paths"]["/v1/async-executions"]["post"]["requestBody"]["content"]
    assert set(launch) == {"application/json", "multipart/form-data"}


@pytest.mark.django_db
def test_every_operation_says_what_it_does_and_what_scope_it_needs(openapi):
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            text = operation.get("description", "")
            assert text, f"{method} {path}"
            if "Needs no" not in text:
                assert "Needs " in text, f"{method} {path}: {text}"
                assert any(f"`{scope}`" in text for scope in SCOPES), f"{method} {path}: {text}"


def unsaid(schema, where):
    """Yield the members of a schema, at any depth, that no description says anything of."""
    for name, member in schema.get("properties", {}).items():
        if not member.get("description", "").strip():
            yield f"{where}.{name}"
        yield from unsaid(member, f"{where}.{name}")
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items"), *schema.get("$defs", {})):
        if isinstance(part, dict):
            yield from unsaid(part, where)


@pytest.mark.django_db
def test_every_field_and_parameter_says_what_it_is(openapi):
    found = [each for name, schema in openapi["components"]["schemas"].items() for each in unsaid(schema, name)]
    for methods in openapi["paths"].values():
        for operation in methods.values():
            where = operation["operationId"]
            found += [
                f"{where}: {parameter['name']}"
                for parameter in operation["parameters"]
                if not parameter.get("description", "").strip()
            ]
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (kind for body in bodies for kind in body.get("content", {}).values()):
                found += unsaid(content.get("schema") or {}, where)
    assert found == []


@pytest.mark.django_db
def test_no_reference_leads_nowhere(openapi):
    known = {f"#/components/{part}/{name}" for part in ("schemas", "responses") for name in openapi["components"][part]}

    def references(node):
        if isinstance(node, dict):
            yield from (value for name, value in node.items() if name == "$ref")
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    assert set(references(openapi)) <= known
