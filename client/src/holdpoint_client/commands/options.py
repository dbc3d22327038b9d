"""Options and arguments that several commands share."""

from typing import Annotated

import typer

RunIds = Annotated[
    list[str], typer.Argument(metavar="ID", help="Ids of runs, or unique beginnings of at least 8 digits.")
]
RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of a run, or a unique beginning of at least 8 digits.")]
HoldId = Annotated[
    str, typer.Argument(metavar="HOLD", help="Id of a hold, or a unique beginning of an open one's, 8 digits or more.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the API's documents, for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a command on several runs.")]
Reason = Annotated[
    str | None, typer.Option("--reason", "-r", help="Why, for those who read the history later; asked for if left out.")
]
ReasonCode = Annotated[str, typer.Option("--reason-code", help="A word for statistics, such as data-error.")]
Ticket = Annotated[str, typer.Option("--ticket", help="Link or number of the case elsewhere.")]
Key = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key", help="Repeat a command whose answer was lost: with its key it has no second effect."
    ),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Most lines.")]
All = Annotated[bool, typer.Option("--all", help="All there are, however many.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Go on where an earlier list ended.")]
Interval = Annotated[float, typer.Option("--interval", min=0.2, max=3600, help="Seconds between two looks.")]
