"""Every operation of the published description shows one request and its answer, and they fit their schemas.

HOLDPOINT_RECORD_EXAMPLES=1 records them anew: each is what a request of the table was answered.
"""

import json
import os
import re
from typing import Any

import jsonschema_rs
import pytest

from console.api.examples import RECORDED, recorded
from console.api.v1 import api
from tests.api.doors import House
from tests.api.table import TABLE
from tests.api.world import undone

SECRETS = {"token": "hp_Zk3…", "secret": "whsec_MfKQ…", "resume_token": "rt_1b5…", "signing_secret": "whsec_p2x…"}
"""Fields whose values are shown once; in examples never."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
WORDS = {
    "why": "Totals differ",
    "noop": "refund-approval",
    "nobody knows": "invoice-batch",
    "https://8.8.8.8/": "https://hooks.example.com/holdpoint",
}
"""What tests say, and what a reader is shown: he pastes it, and the demo knows it."""
REFUND = {"order": "OR-20817", "customer": "Ines Almeida", "amount": "480", "reason": "damaged"}


@pytest.fixture(scope="module")
def description():
    return api.get_openapi_schema(path_prefix="/v1/")


class Calm:
    """Makes what differs each time the same: ids in their order, one moment, one digest; and long lists short."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Calm a text."""
        text = WORDS.get(text, text)
        text = UUID.sub(lambda found: self.ids.setdefault(found[0], self.next_id()), text)
        return DIGEST.sub("9d69" * 16, MOMENT.sub(self.moment, text))

    def path(self, path: str) -> str:
        """Calm an address, part by part."""
        return "/".join(map(self.text, path.split("/")))

    @staticmethod
    def moment(found: re.Match[str]) -> str:
        """Return one moment for all that has happened; what is far ahead stays, or it could not be sent."""
        return found[0] if found[0].startswith("2099") else "2026-11-21T14:02:03.456789Z"

    def next_id(self) -> str:
        """Return the next id."""
        return f"0199c0de-0000-7000-8000-{len(self.ids) + 1:012d}"

    def value(self, value: Any, name: str = "") -> Any:
        """Calm whatever JSON can hold."""
        if name in SECRETS and isinstance(value, str):
            return SECRETS[name]
        if isinstance(value, dict):
            return {key: self.value(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value[:2]]
        if isinstance(value, float):
            return round(value, 1)
        return self.text(value) if isinstance(value, str) else value


def asked(house, client, name, request, launch):
    """Send a request of the table; return it and its answer, if it is a good one and JSON."""
    method, route, body = request
    if name == "launch":
        body = {"workflow": "refund-approval", "title": "Refund OR-20817", "payload": REFUND}
    if name in ("answer", "answer_by_key"):
        body = {"data": {"decision": "yes"}, "context_digest": house.asked.context_digest, "comment": "As agreed"}
    if name == "retry":
        body = {"position": 0, "reason": "Totals were read wrongly"}
    if name == "extend":
        house.run = launch("hurried", {"seconds": 0})
    if name == "file_changes":
        run = f"/v1/async-executions/{house.run.pk}"
        client.post(f"{run}/pause", {"reason": "Totals differ"})
        client.client.put(f"{run}/files/a.txt?reason=Corrected", b"two", content_type="text/plain")
    if name == "preview_freeze":
        route = f"{route}?workflow=noop"
    if name == "call_webhook":
        wanted = {"reason": "Waits for the bank", "resume_when": {"webhook": True}}
        paused = client.post(f"/v1/async-executions/{launch().pk}/pause", wanted).json()
        route = route.replace("{token}", paused["resume_token"])
    answer = house.knock(client, method, route, body)
    path = answer.request["PATH_INFO"]
    if name in UNSHOWN:
        return {"path": path}
    if answer.status_code >= 400:
        return None
    if name == "call_webhook":
        path = path.replace(paused["resume_token"], SECRETS["resume_token"])
    shown = {"path": path, "status": answer.status_code}
    if answer.headers.get("Content-Type") == "application/json":
        shown["answer"] = answer.json()
    return shown | ({"request": house.filled(body)} if isinstance(body, dict) else {})


if os.environ.get("HOLDPOINT_RECORD_EXAMPLES") == "1":

    @pytest.mark.django_db
    def test_record_them(description, program, launch, ask):
        told = {}
        calm = Calm()
        for (method, route), (_, body) in TABLE.items():
            name = description["paths"][route][method.lower()]["operationId"]
            with undone():
                example = asked(House(program, launch, ask), program("admin"), name, (method, route, body), launch)
            if example:
                told[name] = {**calm.value(example), "path": calm.path(example["path"])}
        RECORDED.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def test_every_operation_shows_its_answer(description):
    missing = {
        operation["operationId"]
        for methods in description["paths"].values()
        for operation in methods.values()
        if "application/json" in next(iter(operation["responses"].values())).get("content", {})
        and "answer" not in recorded().get(operation["operationId"], {})
    }
    assert missing <= UNSHOWN, "HOLDPOINT_RECORD_EXAMPLES=1 pytest tests/api/test_examples.py"


UNSHOWN = {"give_webhook"}
"""Operations whose good answer wants a step that has come to a wait."""


def test_what_is_shown_fits_its_schema(description):
    known = {"components": description["components"]}
    for methods in description["paths"].values():
        for operation in methods.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (body.get("content", {}).get("application/json", {}) for body in bodies):
                if "example" in content:
                    jsonschema_rs.validator_for({**content["schema"], **known}).validate(content["example"])


def test_what_is_shown_can_be_pasted():
    shown = RECORDED.read_text()
    assert not [word for word in WORDS if f': "{word}"' in shown]
    assert recorded()["make_token"]["request"]["expires_at"].startswith("2099")
    assert recorded()["launch"]["request"]["payload"] == REFUND
