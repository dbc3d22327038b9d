"""The published description: what ninja makes of the routes, finished so that it says all and nothing wrong.

Which problems an operation may answer follows from what it takes, but for those that its own command alone knows
(``openapi.problems``): so a route cannot forget one, and claims none that cannot come.
"""

from typing import Any

from ninja import NinjaAPI

from console.api.bodies import JSON_TYPE, MULTIPART_TYPE
from console.api.examples import example_of
from console.api.openapi import Problem
from console.errors import CONTENT_TYPE
from executions.access import lacking

type Node = dict[str, Any]

TAGS = {
    "Workflows": "What can be launched, by which route, with which input; and how its runs went.",
    "Runs": "Launch, list, count and look at runs.",
    "Commands": "Pause, resume, cancel, retry, skip, fork, extend, label and correct a run.",
    "Files": "A run's files and their versions.",
    "History": "What a run was: its events, boundaries, life and evidence.",
    "Events": "Events as they happen, without gaps.",
    "Bulk": "One command for many runs.",
    "Inbox": "What waits for you.",
    "Questions": "Questions that runs ask people, and their answers.",
    "Holds": "Claims that a run must not advance.",
    "Freezes": "Holds on all runs of a kind, now and later.",
    "Waiting": "What wakes a run: named events, and webhooks of one hold or question.",
    "Audit": "The record of who did what, when and why: search, verify, export.",
    "Webhooks": "Endpoints that are told of events.",
    "You": "Who you are and what you may do.",
    "Tokens": "Tokens for programs.",
    "Views": "Saved views of the list of runs.",
    "Reason templates": "Words that are offered as reasons.",
    "Labels": "Labels and the rules for their values.",
    "System": "How the installation is, and who can sign in.",
}
"""In the order in which they are shown."""

PROBLEMS: dict[int, tuple[str, str, str]] = {
    401: ("Unauthenticated", "unauthenticated", "No credentials, or they are no good; see `WWW-Authenticate`."),
    403: ("NotAllowed", "not-allowed", "It needs a scope or right that you have not; recorded."),
    404: ("NotFound", "not-found", "There is no such thing, or none that you may see."),
    409: (
        "Conflict",
        "conflict",
        "The state, or somebody's hold, forbids it: `allowed` says what they let you. Or, with `Retry-After`, a "
        "request with the same `Idempotency-Key` is still being worked on.",
    ),
    410: ("Gone", "gone", "It was there once and is not any more."),
    412: ("Stale", "stale", "It has changed since what you say you saw."),
    413: ("TooLarge", "too-large", "More was sent than is accepted."),
    415: ("WrongContentType", "wrong-content-type", "The body is of a kind that is not read here."),
    422: ("Invalid", "invalid", "Bad data; `errors` names each field, unknown ones too."),
    428: ("PreconditionRequired", "precondition-required", "`If-Match` is missing."),
    429: ("TooMany", "too-many-streams", "As many are open as you may have. `Retry-After` says when to try again."),
    503: ("Unavailable", "unavailable", "The database is away; `Retry-After` says when to try again."),
}
"""Status → name of the response, code and description."""
TITLES = {
    401: ("Not signed in", "Sign in, or send a token as “Authorization: Bearer hp_…”."),
    403: ("Not allowed", lacking("executions:pause")),
    404: ("Not found", "There is no run with the id 019a6a4e-0000-7000-8000-000000000000."),
    409: ("Not possible now", "The run has succeeded. Only a run that has not finished can be paused."),
    410: ("No longer valid", "Events this old are not kept for streams. Read them with after= instead."),
    412: ("Changed meanwhile", "The run has changed since version 3; it is 4 now."),
    413: ("Too large", "The body is larger than is accepted. Put large data into files."),
    415: ("Wrong content type", "The body is text/plain; send it with “Content-Type: application/json”."),
    422: ("Invalid data", "reason: This field is required."),
    428: ("Say which version you saw", "Send If-Match with the ETag you saw, or If-Match: * for whatever it is now."),
    429: ("Too many requests", "You have 10 streams open. Close one first."),
    503: ("Not available now", "The database cannot be reached. Try again in a few seconds."),
}
"""Status → title and an example of the detail."""
IN_PATHS = {
    "async-executions id": "Of the run.",
    "async-executions seq": "Number of a line in the run's history.",
    "async-executions name": "Of the file.",
    "async-executions key": "What the code calls the question.",
    "audit id": "Of the verification.",
    "audit ledger": "A run's id, or `system`.",
    "audit seq": "Number of the line in that history.",
    "bulk id": "Of the job.",
    "freezes id": "Of the freeze.",
    "holds id": "Of the hold.",
    "labels name": "Of the label.",
    "reason-templates id": "Of the template.",
    "suspensions id": "Of the question.",
    "tokens id": "Of the token.",
    "triggers token": "The resume token that was given out.",
    "views id": "Of the view.",
    "webhooks delivery": "Of the message in the log.",
    "webhooks id": "Of the webhook.",
    "workflows name": "Of the workflow.",
}
"""First part of an address, and the name of what is filled in → what that is."""
LINKS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "launch": (
        201,
        "id",
        ("get", "pause", "resume", "cancel", "fork", "events", "checkpoint", "boundaries", "timeline", "evidence"),
    ),
    "fork": (201, "id", ("get", "pause", "cancel")),
    "place_hold": (201, "id", ("hold", "annotate_hold", "release_hold", "hold_heirs")),
    "place_freeze": (201, "id", ("freeze", "lift_freeze")),
    "bulk": (201, "id", ("bulk_job", "bulk_items", "stop_bulk")),
    "ask_for_verification": (202, "id", ("verification",)),
    "make_token": (201, "id", ("token", "revoke_token")),
    "save_view": (201, "id", ("view", "change_view", "delete_view")),
    "add_reason_template": (201, "id", ("reason_template", "move_reason_template", "delete_reason_template")),
    "create_webhook": (201, "id", ("webhook", "disable_webhook")),
}
"""Operation → status, name in the address, and the operations that take the id it answers with."""
OF_SESSIONS = "The console's session cookie. Anything but a read also needs its CSRF token in the header `X-CSRFToken`."
OF_TOKENS = "A token, `hp_…`: `POST /v1/tokens`, the console's Settings, or `manage.py create_token` makes one."
REPLAYED = {
    "description": "`true` where this is the answer to an earlier request with the same Idempotency-Key.",
    "schema": {"type": "string", "enum": ["true"]},
}


class DescribedAPI(NinjaAPI):
    """An API whose description is finished as this module says, once: the routes of a process do not change."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._described: dict[str, Any] = {}

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the description; whoever wants to change it takes a copy."""
        prefix = options.get("path_prefix") or self.get_root_path(options.get("path_params") or {})
        if prefix not in self._described:
            self._described[prefix] = self._finished(prefix)
        return self._described[prefix]

    def _finished(self, prefix: str) -> Any:
        schema = super().get_openapi_schema(path_prefix=prefix)
        components = schema["components"]
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
        components["responses"] = {name: response(status) for status, (name, _, _) in PROBLEMS.items()}
        for name, text in (("Token", OF_TOKENS), ("Session", OF_SESSIONS)):
            components["securitySchemes"][name]["description"] = text
        link(schema["paths"])
        used = set()
        for path, methods in schema["paths"].items():
            for operation in methods.values():
                finish(operation, path)
                used.update(operation["tags"])
        schema["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
        return schema


def link(paths: Node) -> None:
    """Say which operations an answer leads to: its id is part of their address."""
    operations = {each["operationId"]: each for methods in paths.values() for each in methods.values()}
    for made, (status, name, leads_to) in LINKS.items():
        answer = operations[made]["responses"][status]
        answer["links"] = {
            target: {"operationId": target, "parameters": {name: "$response.body#/id"}} for target in leads_to
        }


def finish(operation: Node, path: str) -> None:
    """Finish one operation in place."""
    answers = {int(status): answer for status, answer in operation["responses"].items()}
    own = {status for status, answer in answers.items() if status >= 400}
    kept = {status: answer for status, answer in answers.items() if status < 400}
    kinds = operation.pop("x-answers", None)
    for answer in kept.values():
        if kinds:
            answer["content"] = {kind: {"schema": {"type": "string"}} for kind in kinds}
    for parameter in operation["parameters"]:
        plain(parameter)
        if parameter["in"] == "path":
            parameter.setdefault("description", IN_PATHS[f"{path.strip('/').split('/')[1]} {parameter['name']}"])
    for status in sorted(own | coming(operation, path)):
        kept[status] = {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"}
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"]):
        for status in (status for status in kept if status < 300):
            kept[status].setdefault("headers", {})["Idempotent-Replayed"] = REPLAYED
    operation["responses"] = {str(status): answer for status, answer in kept.items()}
    operation.setdefault("security", [])
    exemplify(operation, path)


def coming(operation: Node, path: str) -> set[int]:
    """Return the problems that follow from what an operation takes."""
    matches = [each for each in operation["parameters"] if each["name"] == "If-Match"]
    found = {422, 503}
    found |= {401, 403} if operation.get("security") else set()
    found |= {404} if "{" in path else set()
    found |= {413, 415} if "requestBody" in operation else set()
    found |= {412} if matches else set()
    found |= {409} if any(each["name"] == "Idempotency-Key" for each in operation["parameters"]) else set()
    return found | ({428} if any(each["required"] for each in matches) else set())


def plain(parameter: Node) -> None:
    """Put a parameter's examples where OpenAPI wants them; what the command asks for is required, whoever checks it."""
    if parameter["schema"].pop("x-required", False):
        parameter["required"] = True
        del parameter["schema"]["default"]
    examples = parameter.pop("examples", None)
    if isinstance(examples, list) and examples:
        parameter["example"] = examples[0]


def exemplify(operation: Node, path: str) -> None:
    """Show a request and its answer, as they were once sent."""
    found = example_of(operation["operationId"])
    in_path = dict(zip(path.split("/"), found.get("path", "").split("/"), strict=False))
    for parameter in operation["parameters"]:
        if parameter["in"] == "path" and (sent := in_path.get(f"{{{parameter['name']}}}")):
            parameter["example"] = int(sent) if parameter["schema"].get("type") == "integer" else sent
    content = operation.get("requestBody", {}).get("content", {})
    if JSON_TYPE in content and "request" in found:
        content[JSON_TYPE]["example"] = found["request"]
    if MULTIPART_TYPE in content and "request" in found:
        content[MULTIPART_TYPE]["example"] = {"request": found["request"]}
    answer = operation["responses"].get(str(found.get("status")), {})
    for shown in answer.get("content", {}).values() if "answer" in found else ():
        shown["example"] = found["answer"]


def response(status: int) -> Node:
    """Describe a problem that may be answered."""
    _, code, text = PROBLEMS[status]
    title, detail = TITLES[status]
    shown: Node = {"type": f"urn:holdpoint:problem:{code}", "title": title, "status": status, "detail": detail}
    if status == 422:
        shown["errors"] = {"reason": ["This field is required."]}
    if status == 409:
        shown |= {"state": "succeeded", "allowed": ["fork"]}
    described = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": shown}
    return {"description": text, "content": {CONTENT_TYPE: described}}
