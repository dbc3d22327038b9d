"""Situations that every demo has, whatever is drawn: something overdue, something failed, somebody held back."""

import datetime
from collections.abc import Callable
from contextlib import suppress

from executions import commands
from executions.errors import Refused
from workflows.demo.stories.agents import PACE
from workflows.demo.stories.batches import folder
from workflows.demo.stories.refunds import request
from workflows.demo.stories.reporting import figures
from workflows.demo.teller import Teller
from workflows.demo.words import SITES


def bank_details(tell: Teller) -> None:
    """A batch under dual control, its review overdue, with notes."""
    owner, other, *_ = tell.team.reviewers
    operator = tell.team.operators[0]
    _, files, labels = folder(tell.rng, wrong=0)
    tell.launch(operator, "invoice-batch", {}, title="April, new suppliers", labels=labels, files=files, extract=20)
    reason = (
        "Two suppliers have sent new bank details by mail. Treasury calls both at the numbers we have on file; "
        "nothing is posted before that."
    )
    hold = commands.place(
        owner,
        tell.run.pk,
        reason=reason,
        reason_code="bank-details",
        ticket="FIN-2287",
        review_by=tell.review_on(1.25),
        blocks_cancel=True,
        dual_control=True,
    )
    tell.past.forward(5400)
    commands.annotate(owner, hold.pk, text="Norrsken confirmed by phone. Brückner's treasurer is away until Monday.")
    with suppress(Refused):  # and recorded
        commands.cancel(operator, tell.run.pk, reason="It blocks the month's end; launching it anew without the two.")
    tell.past.forward(4000)
    commands.annotate(operator, hold.pk, text="The month closes on Tuesday. Can the others go ahead?")
    commands.hand_over(owner, hold.pk, to=other.person, reason="I am on leave from tomorrow.")
    _until_now(tell)


def fraud_check(tell: Teller) -> None:
    """A refund whose payment waits for the fraud desk."""
    title, payload, labels = request(tell.rng)
    tell.launch(tell.team.operators[1], "refund-approval", {**payload, "amount": "1249.00"}, title=title, labels=labels)
    tell.work()
    tell.past.forward(1800)
    commands.place(
        tell.team.reviewers[2],
        tell.run.pk,
        reason="Same card as in three chargebacks last month. The fraud desk looks at it first.",
        reason_code="fraud-check",
        ticket="FR-131",
        review_by=tell.review_on(2),
        blocks_cancel=True,
    )
    with suppress(Refused):
        commands.resume(tell.team.operators[0], tell.run.pk, note="The customer has called twice.")
    _until_now(tell)


def before_posting(tell: Teller) -> None:
    """A batch that stops before one step."""
    operator = tell.team.operators[2]
    _, files, labels = folder(tell.rng, wrong=0)
    tell.launch(operator, "invoice-batch", {}, title="May, corrections", labels=labels, files=files, extract=15)
    commands.pause(
        operator,
        tell.run.pk,
        reason="Look at the sums together before anything is posted: rates changed on the 1st.",
        reason_code="four-eyes",
        before_step="post",
    )
    tell.work()
    _until_now(tell)


def until_tomorrow(tell: Teller) -> None:
    """A report that goes on by itself."""
    title, payload, labels = figures(tell.rng, sure=True)
    operator = tell.team.operators[0]
    tell.launch(operator, "report-review", payload, title=title, labels=labels)
    commands.pause(
        operator,
        tell.run.pk,
        reason="Published with the others, tomorrow morning.",
        reason_code="embargo",
        resume_when=[
            {"after_seconds": 3600 * 21},
            {"event": "figures.released", "match": {"quarter": "Q3"}},
        ],
    )
    _until_now(tell)


def over_budget(tell: Teller) -> None:
    """An agent that was refused until its budget was spent."""
    labels = {"desk": "platform", "service": "checkout"}
    tell.launch(
        tell.team.operators[1],
        "release-agent",
        {"request": "Deploy 4.2.0 of the checkout."},
        title="Checkout 4.2.0 into production",
        labels=labels,
        **PACE,
    )
    tell.work()
    for refusal in ("Not before the sale ends. Try 4.1.9 first.", "4.1.9 has the old tax table. Take 4.2.0 tomorrow."):
        asked = tell.question()
        if asked is None:
            break
        tell.past.forward(900)
        said = {"decision": "reject", "reason": refusal}
        commands.answer(tell.team.reviewers[1], asked.pk, data=said, context_digest=asked.context_digest)
        tell.work()
    _until_now(tell)


def many_sites(tell: Teller) -> None:
    """An audit of a dozen sites, some of which wait for a person and one of which failed."""
    sites = [*SITES[:11], "unreachable-tromso"]
    payload, labels = {"sites": "\n".join(sites)}, {"desk": "platform"}
    title = "Disks of all sites before the backup window"
    tell.launch(tell.team.operators[0], "fleet-audit", payload, title=title, labels=labels, look=4, judge=1)
    tell.work()
    for child in tell.run.children.order_by("id"):
        tell.work(run=child)
    _until_now(tell)


def never_answered(tell: Teller) -> None:
    """An audit that failed, and that nobody has looked after."""
    site = "bergen"
    title = f"{site.capitalize()}, after the disk was changed"
    labels = {"desk": "platform", "site": site}
    tell.launch(tell.team.operators[3], "site-audit", {"site": site}, title=title, labels=labels, look=5)
    broken: list[Exception] = [ConnectionError(f"{site}: no route to host.") for _ in range(2)]
    tell.work(failures={"look": broken})


def _until_now(tell: Teller) -> None:
    """Let all the time pass that has passed since, with what falls due in it."""
    tell.until(tell.ends + datetime.timedelta(seconds=1))


STANDING: dict[Callable[[Teller], None], float] = {
    before_posting: 2.6,
    never_answered: 3.4,
    over_budget: 4.3,
    until_tomorrow: 6.0,
    many_sites: 8.2,
    fraud_check: 21.0,
    bank_details: 50.0,
}
"""Situation → hours before the present in which it begins."""
