"""Options and arguments that several commands share."""

from typing import Annotated

import typer

from holdpoint_client import completing

BEGINNING = "or a unique beginning of at least 8 digits"
RunIds = Annotated[
    list[str],
    typer.Argument(metavar="ID", help=f"Ids of runs, {BEGINNING}.", autocompletion=completing.run_ids),
]
ManyRunIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID",
        help=f"Ids of runs, {BEGINNING}; - reads them from standard input.",
        autocompletion=completing.run_ids,
    ),
]
RunId = Annotated[
    str, typer.Argument(metavar="ID", help=f"Id of a run, {BEGINNING}.", autocompletion=completing.run_ids)
]
HoldId = Annotated[
    str,
    typer.Argument(
        metavar="HOLD",
        help="Id of a hold, or a unique beginning of an open one's, 8 digits or more.",
        autocompletion=completing.hold_ids,
    ),
]
QuestionId = Annotated[
    str,
    typer.Argument(metavar="QUESTION", help=f"Id of a question, {BEGINNING}.", autocompletion=completing.question_ids),
]
FreezeId = Annotated[
    str, typer.Argument(metavar="FREEZE", help=f"Id of a freeze, {BEGINNING}.", autocompletion=completing.freeze_ids)
]
JobId = Annotated[
    str, typer.Argument(metavar="JOB", help=f"Id of a bulk job, {BEGINNING}.", autocompletion=completing.job_ids)
]
Workflow = Annotated[
    str, typer.Argument(metavar="WORKFLOW", help="Name of the workflow.", autocompletion=completing.workflows)
]
OfWorkflow = Annotated[
    str,
    typer.Option("--workflow", "-w", help="Only runs of this workflow.", autocompletion=completing.workflows),
]
Json = Annotated[bool, typer.Option("--json", help="Print the API's documents, for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it is done.")]
Reason = Annotated[
    str | None, typer.Option("--reason", "-r", help="Why, for those who read the history later; asked for if left out.")
]
OptionalReason = Annotated[str, typer.Option("--reason", "-r", help="Why, if there is something to say.")]
ReviewBy = Annotated[
    str | None, typer.Option("--review-by", metavar="TIME", help="When somebody must look at it again.")
]
ReasonCode = Annotated[str, typer.Option("--reason-code", help="A word for statistics, such as data-error.")]
Ticket = Annotated[str, typer.Option("--ticket", help="Link or number of the case elsewhere.")]
Scope = Annotated[
    str,
    typer.Option("--scope", metavar="this|tree", help="Only this run, or unfinished children and theirs too: tree."),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key", help="Repeat a command whose answer was lost: with its key it has no second effect."
    ),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Most lines.")]
All = Annotated[bool, typer.Option("--all", help="All there are, however many.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Go on where an earlier list ended.")]
ExitStatus = Annotated[bool, typer.Option("--exit-status", help="End with 1 unless the run has succeeded.")]
Interval = Annotated[
    float, typer.Option("--interval", min=0.2, max=3600, help="Seconds between two looks where there is no stream.")
]

Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="NAME=VALUE",
        help="Instead of ids: runs that match, as `execution list --filter` shows them; repeat it to narrow.",
        autocompletion=completing.filters,
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Instead of ids: every run whose state allows it.")]
OfJob = Annotated[
    str,
    typer.Option(
        "--of-job", help="Instead of ids: runs on which this job was carried out.", autocompletion=completing.job_ids
    ),
]
Rate = Annotated[float | None, typer.Option("--rate", help="With --filter, --all, --of-job: runs a second at most.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen, by the server's rules.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="With --filter, --all, --of-job: begin it, and do not wait for its end.")
]

Until = Annotated[
    str,
    typer.Option("--until", metavar="TIME", help="Resume by itself then: 2026-01-31T12:00, or in so long: 90m, 2h30m."),
]
Cron = Annotated[
    str, typer.Option("--until-cron", metavar="CRON", help='Resume by itself at the next such time: "0 9 * * 1-5".')
]
Zone = Annotated[str, typer.Option("--timezone", help="Of --until-cron, such as Europe/Berlin; UTC if left out.")]
OnEvent = Annotated[
    str, typer.Option("--until-event", metavar="NAME", help="Resume by itself when this event is emitted.")
]
Match = Annotated[
    str | None, typer.Option("--match", metavar="JSON", help="What the data of --until-event must contain.")
]
Signed = Annotated[bool, typer.Option("--signed-webhook", help="The same, and only calls signed with a secret count.")]
Webhook = Annotated[bool, typer.Option("--webhook", help="Give out a token that resumes it, once; shown this once.")]
