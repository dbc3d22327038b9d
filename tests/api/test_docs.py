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
