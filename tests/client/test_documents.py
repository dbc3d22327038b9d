"""`--json` prints the API's own documents: each command's is checked against what the server describes."""

import json
import re
import urllib.request
from typing import Any

import jsonschema_rs
import pytest

from console.stack.home import PROJECT
from executions import commands
from tests.client.conftest import word
from tests.engine.watching import wait_for
from tests.support.web import free_port
from tests.webhooks.conftest import own_network  # noqa: F401  (a fixture)

OPERATIONS = {
    "audit search": "audit",
    "audit verify": "verify",
    "bulk list": "bulk_jobs",
    "bulk show": "bulk_job",
    "bulk show --items": "bulk_items",
    "bulk start": "bulk",
    "bulk stop": "stop_bulk",
    "event emit": "emit",
    "events": "EventOut",
    "execution amend": "amend",
    "execution boundaries": "boundaries",
    "execution cancel": "cancel",
    "execution checkpoint": "checkpoint",
    "execution count": "counts",
    "execution diff": "changes",
    "execution events": "EventOut",
    "execution evidence": "evidence",
    "execution extend": "extend",
    "execution files diff": "file_changes",
    "execution files get": "replace_file",
    "execution files list": "files",
    "execution files put": "replace_file",
    "execution fork": "fork",
    "execution label": "label",
    "execution launch": "launch",
    "execution list": "list",
    "execution pause": "pause",
    "execution pause --filter": "bulk",
    "execution payload": "",
    "execution resume": "resume",
    "execution retry": "retry",
    "execution skip": "skip",
    "execution status": "get",
    "execution timeline": "timeline",
    "execution tree": "RunSummary",
    "freeze lift": "lift_freeze",
    "freeze list": "freezes",
    "freeze place": "place_freeze",
    "freeze preview": "preview_freeze",
    "freeze show": "freeze",
    "hold hand-over": "hand_over_hold",
    "hold heirs": "hold_heirs",
    "hold list": "holds",
    "hold note": "annotate_hold",
    "hold place": "place_hold",
    "hold release": "release_hold",
    "hold show": "hold",
    "inbox answer": "answer",
    "inbox approve": "answer",
    "inbox deny": "answer",
    "inbox list": "inbox",
    "inbox questions": "suspensions",
    "inbox show": "suspension",
    "inbox webhook": "give_webhook",
    "label list": "labels",
    "label set-rule": "set_label_rule",
    "preferences": "PreferencesOut",
    "reason add": "add_reason_template",
    "reason change": "change_reason_template",
    "reason list": "reason_templates",
    "reason move": "move_reason_template",
    "system people": "people",
    "system show": "system",
    "system status": "",
    "token create": "make_token",
    "token list": "tokens",
    "token revoke": "revoke_token",
    "token show": "token",
    "trigger": "call_webhook",
    "view change": "change_view",
    "view list": "views",
    "view save": "save_view",
    "webhook change": "change_webhook",
    "webhook create": "create_webhook",
    "webhook deliveries": "webhook_deliveries",
    "webhook delivery": "webhook_delivery",
    "webhook disable": "disable_webhook",
    "webhook enable": "enable_webhook",
    "webhook list": "webhooks",
    "webhook replay": "replay_webhook_delivery",
    "webhook rotate": "rotate_webhook",
    "webhook show": "webhook",
    "webhook test": "test_webhook",
    "whoami": "me",
    "workflow figures": "workflow_figures",
    "workflow list": "workflows",
    "workflow show": "workflow",
}
"""Command → operation, or component, whose schema its document has; empty where the description leaves it open."""
NOT_UNDERSTOOD, REFUSED = 2, 3


@pytest.fixture(scope="module")
def described(web) -> dict[str, Any]:
    """What the server says of itself."""
    with urllib.request.urlopen(f"{web.url}/v1/openapi.json") as answer:  # noqa: S310
        return json.load(answer)


@pytest.fixture
def told(ready, terminal, described):
    """`told("hold list", "--run", run)` is what the admin is told, checked; `by="reviewer"` for another person."""
    terminals: dict[str, Any] = {}

    def say(command: str, *words: Any, by: str = "admin", codes: tuple[int, ...] = (0,)) -> Any:
        if by not in terminals:
            terminals[by] = ready(terminal(by))
        said = terminals[by](*command.split(" --")[0].split(), *words, "--json")
        assert said.code in codes, said.words()
        if said.code in (NOT_UNDERSTOOD, REFUSED):
            check(described, "Problem", said.document)
            return said.document
        documents = said.documents if said.out[:2] == '{"' else [said.document]
        for document in documents:
            check(described, OPERATIONS[command], document)
        return documents[0]

    return say


def check(described: dict[str, Any], name: str, document: Any) -> None:
    """Check a document against the answers of an operation, or against a component."""
    schemas = [{"$ref": f"#/components/schemas/{name}"}] if name[:1].isupper() else answers_of(described, name)
    problems = [str(error) for error in _validator(described, schemas).iter_errors(document)] if name else []
    assert problems == [], (name, document)


def answers_of(described: dict[str, Any], operation: str) -> list[Any]:
    """Return the schemas of what an operation answers when it is carried out."""
    found = [
        answer["content"]["application/json"]["schema"]
        for methods in described["paths"].values()
        for its in methods.values()
        if isinstance(its, dict) and its.get("operationId") == operation
        for status, answer in its["responses"].items()
        if str(status).startswith("2") and "application/json" in answer.get("content", {})
    ]
    assert found or not operation, operation
    return found


def _validator(described: dict[str, Any], schemas: list[Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({"anyOf": schemas, "components": described["components"]})


def test_every_command_with_json_is_checked_here():
    page = (PROJECT / "docs" / "reference" / "terminal-commands.md").read_text()
    parts = re.split(r"^## holdpoint", page, flags=re.MULTILINE)
    with_json = {part.partition("\n")[0].strip() for part in parts if re.search(r"^  --json ", part, re.MULTILINE)}
    assert with_json - set(OPERATIONS) == set()
    stories = open(__file__).read().split("def test_", 1)[1]  # noqa: SIM115
    assert [command for command in OPERATIONS if f'told("{command}"' not in stories.replace("\n        ", "")] == []


def test_documents_of_a_run(told):
    title = word()
    run = told("execution launch", "noop", "--title", title, "--set", "x=1", "--label", f"of={title}")["id"]
    assert [item["id"] for item in told("execution list", "-q", title)["items"]] == [run]
    told("execution count", "--filter", f"label=of:{title}")
    told("execution tree", run)
    told("execution boundaries", run)
    told("execution timeline", run)
    told("execution evidence", run)
    told("execution checkpoint", run)
    hurried = told("execution launch", "hurried-fails")["id"]
    told("execution extend", hurried, "--by", "1h", "-r", "Late", codes=(0, REFUSED))
    token = told("execution pause", run, "-r", "Totals differ", "--webhook")["resume_token"]
    assert told("trigger", token)["state"] == "queued"
    told("execution pause --filter", "--filter", f"label=of:{title}", "-r", "Again", "--yes", "--no-wait")
    told("execution pause", run, "-r", "Again", codes=(0,))
    preview = told("execution amend", run, "--set", "x=2", "-r", "It is two", "--dry-run")
    assert (preview["payload"], preview["changes"][0]["after"]) == ({"x": 2}, "2")
    told("execution amend", run, "--set", "x=2", "-r", "It is two")
    assert told("execution payload", run) == {"x": 2}
    assert told("execution payload", run, "--at", "1") == {"x": 1}
    assert told("execution diff", run, "--from-seq", "1")["changes"][0]["path"] == "/x"
    told("execution label", run, "--set", "team=north", "-r", "Theirs")
    told("execution skip", run, "-r", "Done by hand")
    told("execution retry", run, "--position", "0", "-r", "After all")
    told("execution fork", run, "-r", "To compare", "--title", f"{title} again")
    assert told("execution status", run)["title"] == title
    told("execution resume", run)
    told("execution cancel", run, "-r", "Enough")
    told("execution events", run)
    told("events", "--run", run, "--routine")


def test_documents_of_files(told, tmp_path):
    (tmp_path / "one.txt").write_text("one")
    run = told("execution launch", "filing", "--file", tmp_path / "one.txt")["id"]
    told("execution pause", run, "-r", "Wrong file")
    assert told("execution files list", run)["items"][0]["name"] == "one.txt"
    told("execution files put", run, tmp_path / "one.txt", "-r", "The right one")
    assert told("execution files diff", run, "one.txt")["lines"] == []
    fetched = told("execution files get", run, "one.txt", "--out", tmp_path / "fetched.txt")
    assert (fetched["version"], (tmp_path / "fetched.txt").read_text()) == (2, "one")


def test_documents_of_questions(told, run, worker):
    asked, good, bad, waits = run("asking"), run("signing"), run("signing"), run("waits-for-one", {"number": 1})
    for execution in (asked, good, bad, waits):
        wait_for(execution, "suspended")
    told("inbox webhook", waits.suspensions.get().pk)
    told("execution cancel", waits.pk, "-r", "Enough")
    told("inbox list", "--kind", "question")
    (question,) = told("inbox questions", "--run", asked.pk)["items"]
    assert told("inbox show", question["id"])["title"] == "Go on?"
    answered = told("inbox answer", question["id"], "--set", "decision=yes", "--set", "amount=10.50")
    assert answered["answer"]["decision"] == "yes"
    for execution, command in ((good, "approve"), (bad, "deny")):
        (question,) = told("inbox questions", "--run", execution.pk)["items"]
        if command == "approve":
            assert told("inbox approve", question["id"])["answer"]["decision"] == "approve"
        else:
            assert told("inbox deny", question["id"], "-r", "Too dear")["answer"]["reason"] == "Too dear"


def test_documents_of_holds_freezes_and_jobs(told, run):
    title = word()
    execution = run(title=title, labels={"of": title})
    hold = told("hold place", execution.pk, "-r", "Fraud check", "--dual-control", by="reviewer")["id"]
    told("hold note", hold, "-t", "The bank was asked")
    assert told("hold show", hold)["notes"][0]["text"] == "The bank was asked"
    assert "reviewer2" in told("hold heirs", hold)["items"]
    told("hold hand-over", hold, "--to", "reviewer2", "-r", "On leave", by="reviewer")
    told("hold list", "--run", execution.pk)
    told("hold release", hold, "-r", "All is well", by="reviewer2")

    assert told("freeze preview", "--label", f"of={title}")["queued"]["number"] == 1
    freeze = told("freeze place", "--label", f"of={title}", "-r", "Recall", "--yes")["id"]
    assert told("freeze show", freeze)["labels"] == {"of": title}
    told("freeze list")
    told("freeze lift", freeze, "-r", "Over")

    chosen = ["--filter", f"label=of:{title}", "-r", "Theirs", "--arguments", '{"set": {"team": "north"}}']
    assert told("bulk start", "label", *chosen, "--dry-run")["eligible"] == 1
    job = told("bulk start", "label", *chosen, "--yes", "--no-wait")["id"]
    told("bulk list")
    told("bulk show", job)
    told("bulk show --items", job, "--items")
    told("bulk stop", job, codes=(0, REFUSED))


def test_documents_of_settings(told, run):
    name = word()
    view = told("view save", name, "--filter", "state=paused,failed", "--sort", "since")["id"]
    assert told("view change", view, "--name", f"{name} two")["name"] == f"{name} two"
    told("view list")
    told("execution list", "--view", f"{name} two")
    first, second = (told("reason add", f"{name} {number}", "--for", "pause")["id"] for number in (1, 2))
    told("reason change", first[:23], "--text", f"{name} three")
    told("reason move", second, "--places", "-1")
    told("reason list")
    told("label set-rule", name, "--description", "Who looks after it", "--value", "north")
    told("label list")
    told("preferences", "--theme", "dark")
    assert told("whoami")["person"] == "admin"
    token = told("token create", name, "--scope", "executions:read", "--expires", "30d")
    told("token show", token["id"])
    told("token list")
    assert told("token revoke", token["id"])["state"] == "revoked"


def test_documents_of_the_installation(told, run):
    execution = run()
    told("workflow list")
    told("workflow show", "noop")
    told("workflow figures", "noop")
    told("system show")
    told("system people")
    told("system status", codes=(0, 6))
    assert told("event emit", f"event.{word()}", "--data", '{"a": 1}')["woken"] == 0
    told("audit search", "--run", execution.pk)
    assert told("audit verify", "--run", execution.pk)["whole"]


def test_documents_of_webhooks(told, cast, own_network):  # noqa: F811
    made = told("webhook create", "https://8.8.8.8/hooks", "--workflow", word(), "--kind", "hold.*")
    told("webhook show", made["id"])
    told("webhook change", made["id"], "--description", "For nobody")
    told("webhook rotate", made["id"], "--overlap-hours", "2")
    told("webhook disable", made["id"])
    told("webhook enable", made["id"])
    told("webhook list")
    # Nothing listens there, and nobody else's address is called.
    here = commands.create_webhook(
        cast.actor("admin"), url=f"http://127.0.0.1:{free_port()}/", kinds=["hold.*"], workflows=[word()]
    )
    sent = told("webhook test", here.pk)["id"]
    told("webhook deliveries", here.pk)
    told("webhook delivery", here.pk, sent)
    told("webhook delivery", str(here.pk)[:23], sent[:23])  # as the list shows them on a narrow screen
    told("webhook replay", here.pk, sent, codes=(0, REFUSED))
    for id in (made["id"], here.pk):
        commands.delete_webhook(cast.actor("admin"), id)
