"""The published description, and the page that shows it."""

import json
import re

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
            if (
                not path.endswith(("/events", "/triggers/{token}"))
                and "files/{name}" not in path
                and "Needs no" not in text
            ):
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


@pytest.mark.django_db
def test_the_docs_page_leads_to_what_people_do_first(openapi):
    page = Client().get("/v1/docs").content.decode()
    assert 'lang="en"' in page
    assert 'name="viewport"' in page
    links = re.findall(r'href="#/(\w+)/(\w+)"', page)
    known = {
        (tag, operation["operationId"])
        for methods in openapi["paths"].values()
        for operation in methods.values()
        for tag in operation["tags"]
    }
    assert len(links) == 7
    assert set(links) <= known


def test_the_docs_page_works_under_the_content_security_policy(page):
    page.emulate_media(color_scheme="dark")
    page.goto("/v1/docs")
    page.get_by_text("Pause a run").wait_for()
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')")
    page.get_by_role("link", name="Follow events").click()
    page.locator("#operations-Events-stream .opblock-body").wait_for()
    page.get_by_role("button", name="Launch a run").click()
    page.get_by_text("Start a run of a workflow.").wait_for()
