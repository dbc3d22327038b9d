"""`holdpoint api`: any request of the HTTP API, for what has no command of its own."""

from pathlib import Path
from typing import Annotated

import typer

from holdpoint_client import completing
from holdpoint_client.api import key_of
from holdpoint_client.calls import Call, answers, body_of, first_page, headers_of, query_of, split
from holdpoint_client.commands.options import Key
from holdpoint_client.failures import usage
from holdpoint_client.session import Session
from holdpoint_client.values import json_value, read_file


def call(
    session: Session,
    method: Annotated[
        str,
        typer.Argument(
            metavar="METHOD", help="GET, POST, PUT, PATCH or DELETE.", autocompletion=lambda: list(completing.METHODS)
        ),
    ],
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="Such as /v1/holds; a query may stand behind it. An address that the server gave does too.",
            autocompletion=completing.paths,
        ),
    ],
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            "-F",
            metavar="NAME=VALUE",
            help="A field of the body, or with GET and DELETE of the query. VALUE is JSON, else text; a.b=VALUE is one "
            "inside another, a[]=VALUE one more of a list. Repeat it.",
        ),
    ] = None,
    raw_field: Annotated[
        list[str] | None,
        typer.Option("--raw-field", metavar="NAME=VALUE", help="The same, and VALUE is text whatever it looks like."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="The body. @FILE reads a file, - standard input.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="PART=PATH", help="A file beside the body, as multipart; repeat it."),
    ] = None,
    content: Annotated[
        Path | None, typer.Option("--content", metavar="PATH", help="The body is this file, as it is.")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", metavar="NAME:VALUE", help="Such as 'If-Match: \"3\"'; repeat it."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Of a list: all its pages, as one.")] = False,
    include: Annotated[
        bool, typer.Option("--include", "-i", help="Status and headers of the answer too, on standard error.")
    ] = False,
    key: Key = None,
) -> None:
    """Send any request of the API and print its answer.

    JSON is printed as it came; files, exports and streams too, piece by piece. What is refused ends with the exit code
    of its status, and the problem document is the answer. A POST has an Idempotency-Key, yours or a new one.
    """
    session.begin(as_json=True)
    method = method.upper()
    if method not in completing.METHODS:
        raise usage(f"{method[:20]!r} is no method of the API: {', '.join(completing.METHODS)}.")
    address, query = split(path, session.api.url)
    in_query = method in ("GET", "DELETE")
    if in_query and (data is not None or file or content):
        raise usage(f"{method} has no body: --data, --file and --content belong to POST, PUT and PATCH.")
    if content and (data is not None or field or raw_field or file):
        raise usage("--content is the whole body: it goes with no --data, --field or --file.")
    if key is not None and method != "POST":
        raise usage("--idempotency-key belongs to POST; the others are sent once.")
    if every and method != "GET":
        raise usage("--all belongs to GET.")
    query += query_of(field or [], raw_field or []) if in_query else []
    given = None if data is None else json_value(data, "--data")
    asked = Call(
        method=method,
        path=address,
        query=query,
        body=None if in_query or content else body_of(given, field or [], raw_field or []),
        files=[_part(each) for each in file or []],
        content=read_file(content, "--content") if content else None,
        headers=headers_of(header or []),
        key=key_of(key) if method == "POST" else "",
    )
    if every and (page := first_page(session, asked, include)):
        session.screen.document(page)
    elif not every:
        answers(session, asked, include)


def _part(given: str) -> tuple[str, str, bytes]:
    name, equals, path = given.partition("=")
    if not name or not equals:
        raise usage(f"--file {given[:60]}: write it as part=path, such as files=one.xml.")
    return name, Path(path).name, read_file(Path(path), "--file")
