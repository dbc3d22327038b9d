"""Agent loop: a model chooses the next move, a tool carries it out, the thread grows, and the step loops to itself.

What must not happen unseen is a tool with an approval: a person sees the call as the model chose it, changes it, allows
or refuses it. A refusal is not an error; it goes into the thread, and the model reads it in its next turn.
"""

import json
from typing import Any

from django import forms

from executions import Context, Next, Workflow
from workflows.scripted_model import next_move

RELEASES = ("4.1.9", "4.2.0", "4.2.1")
BROKEN = "4.2.1"
"""The release that fails its checks."""


class RequestForm(forms.Form):
    """What the agent is to do."""

    request = forms.CharField(
        label="Request",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        initial="Bring the new backend into production.",
        help_text=f"Name a release ({', '.join(RELEASES)}), or let the agent ask. {BROKEN} fails its checks.",
    )


agent = Workflow(
    "release-agent",
    title="Release agent",
    description="Brings a release into production: tries it on staging first, asks what it does not know, "
    "and deploys to production only when a person allows it. Its tokens have a budget.",
    input=RequestForm,
    budgets={"tokens": 800},
)


@agent.step(title="Turn")
def turn(ctx: Context, payload: dict[str, Any]) -> Next:
    """Take one turn: let the model choose, do what it chose, write down what came of it."""
    thread = payload.get("thread") or [{"type": "request", "text": payload["request"]}]
    ctx.spend("tokens", tokens_in(thread), key="turn")
    move = ctx.once("move", next_move, thread)
    if move["intent"] == "done":
        return Next(changes={"thread": thread, "outcome": move["message"]})
    if move["intent"] == "ask":
        answer = ctx.suspend("question", title=move["question"], format="choice", choices=move["choices"])
        return Next("turn", changes={"thread": [*thread, {"type": "answer", "text": answer.value, "by": answer.by}]})
    tool, approval = TOOLS[move["intent"]]
    result = ctx.tool(tool, approval=approval, **move["arguments"])
    event = {"type": move["intent"], "arguments": dict(result.arguments or move["arguments"]), "by": result.by}
    event |= {"result": result.value} if result else {"refused": result.feedback}
    return Next("turn", changes={"thread": [*thread, event]})


def list_releases() -> list[str]:
    """List the releases that can be deployed."""
    return list(RELEASES)


def deploy(release: str, environment: str) -> str:
    """Deploy a release to an environment. Users of production see it at once."""
    return f"{release} runs on {environment}."


def run_checks(release: str, environment: str) -> dict[str, Any]:
    """Run the smoke checks of a release."""
    return {"passed": release != BROKEN, "checks": 214}


def goes_to_production(release: str, environment: str) -> bool:
    """Tell whether a deployment needs a person's approval."""
    return environment == "production"


TOOLS: dict[str, tuple[Any, Any]] = {
    "list_releases": (list_releases, "never"),
    "deploy": (deploy, goes_to_production),
    "run_checks": (run_checks, "never"),
}


def tokens_in(thread: list[dict[str, Any]]) -> int:
    """Estimate what a turn costs: the whole thread is read again each time."""
    return len(json.dumps(thread)) // 4
