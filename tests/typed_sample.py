"""How a workflow reads to a type checker: mypy has nothing to say against it; a test runs it."""

from datetime import timedelta
from typing import Any

from executions import Answer, Ask, AsyncContext, Context, Next, Workflow

sample = Workflow("typed-sample", sla=timedelta(minutes=30))


@sample.step
def approve(ctx: Context, payload: dict[str, Any]) -> Ask | dict[str, Any] | None:
    """Ask about large sums."""
    if payload["amount"] > 500:
        return ctx.ask(f"Approve {payload['amount']}?", format="yes-no")
    return None


@approve.on_resume
def approved(ctx: Context, payload: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """Take the answer."""
    return {"approved": answer.value, "by": answer.by}


@sample.step(retries=3, on_error="hold", approval=True)
def pay(ctx: Context, payload: dict[str, Any]) -> Next | dict[str, Any]:
    """Pay behind a gate."""
    receipt: str = ctx.once("pay", str.upper, payload["order"])
    return Next("pay") if not receipt else {"receipt": receipt}


@sample.step
async def tell(ctx: AsyncContext, payload: dict[str, Any]) -> None:
    """Tell everybody, awaited."""
    async for name in ctx.each(payload["people"]):
        await ctx.log(f"told {name}")


@sample.on_cancel
def undo(ctx: Context, payload: dict[str, Any]) -> None:
    """Clean up."""
    ctx.log("undone")


def called_as_they_are(ctx: Context) -> tuple[Ask | dict[str, Any] | None, dict[str, Any]]:
    """Call steps and handlers as the plain functions they are."""
    return approve(ctx, {"amount": 5}), approved(ctx, {}, Answer({"answer": True}))
