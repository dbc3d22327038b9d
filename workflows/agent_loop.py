"""Agent loop: a model chooses the next move, a step makes it, the thread grows, and the model chooses again.

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


def use_tool(ctx: Context, payload: dict[str, Any]) -> Next:
    """Do what the model chose, and write down what came of it."""
    move = payload["move"]
    tool, approval = TOOLS[move["intent"]]
    result = ctx.tool(tool, approval=approval, **move["arguments"])
    event = {"type": move["intent"], "arguments": dict(result.arguments or move["arguments"]), "by": result.by}
    event |= {"result": result.value} if result else {"refused": result.feedback}
    return go_on(ctx, [*payload["thread"], event])


@agent.step(title="Read the request")
def read(ctx: Context, payload: dict[str, Any]) -> Next:
    """Begin the thread with what was asked for."""
    return go_on(ctx, [{"type": "request", "text": payload["request"]}])


# One function behind four steps, so that whoever looks at a run reads what it does and not "turn" seven times.
agent.step(name="look_up", title="Look up the releases")(use_tool)


@agent.step(title="Ask a person")
def ask(ctx: Context, payload: dict[str, Any]) -> Next:
    """Ask what the model does not know."""
    move = payload["move"]
    answer = ctx.suspend("question", title=move["question"], format="choice", choices=move["choices"])
    return go_on(ctx, [*payload["thread"], {"type": "answer", "text": answer.value, "by": answer.by}])


agent.step(name="stage", title="Deploy to staging")(use_tool)
agent.step(name="check", title="Run the checks")(use_tool)
agent.step(name="go_live", title="Deploy to production")(use_tool)


def go_on(ctx: Context, thread: list[dict[str, Any]]) -> Next:
    """Let the model read the thread and choose the next move, which is the next step."""
    ctx.spend("tokens", tokens_in(thread), key="thought")
    move = ctx.once("move", next_move, thread)
    changes = {"thread": thread, "move": move}
    if move["intent"] == "done":
        return Next(changes=changes | {"outcome": move["message"]})
    return Next(step_of(move), changes=changes)


def step_of(move: dict[str, Any]) -> str:
    """Return the step in which a move is made."""
    if move["intent"] == "deploy":
        return "go_live" if goes_to_production(**move["arguments"]) else "stage"
    return {"ask": "ask", "list_releases": "look_up", "run_checks": "check"}[str(move["intent"])]


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
