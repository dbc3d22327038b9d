"""One POST to somebody's server: to a number that was checked, without redirects or proxies, and soon over.

Written on sockets, because the libraries resolve a name by themselves (so what is checked is not what is called),
follow redirects, heed proxies of the environment, and wait as long as one byte comes now and then.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from executions.outbound.addresses import Address
from executions.outbound.target import Refusal, Target

CONNECT_SECONDS = 5.0
"""For all numbers of a name together."""
TOTAL_SECONDS = 15.0
"""From the beginning to the last byte that is read. Source: Standard Webhooks recommends 15 to 30 s."""
BODY_BYTES = 4096
"""Of the answer that are kept; what follows is left unread."""
MOST_BYTES = 65536
"""Of the answer that are read at all, its head included."""


class Unreachable(Exception):
    """No answer came, with a sentence that says what happened."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Args:
        status: HTTP status.
        headers: names in lower case.
        body: its beginning.
        seconds: how long all of it took.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


def post(target: Target, body: bytes, headers: Mapping[str, str], *, seconds: float = TOTAL_SECONDS) -> Answer:
    """Send one POST and read its answer.

    Args:
        target: where to.
        body: what is sent.
        headers: besides Host, Content-Length and Connection.
        seconds: most seconds for all of it.

    Raises:
        Refusal: the host leads to an address that may not be called.
        Unreachable: no answer, or none that can be read, in time.
    """
    begun = time.monotonic()
    deadline = begun + seconds
    try:
        with _connect(target, deadline) as connection:
            _send(connection, _head(target, len(body), headers) + body, deadline)
            answer: Any = http.client.HTTPResponse(_Wire(connection, deadline), method="POST")  # type: ignore[arg-type]
            answer.begin()
            kept = _beginning(answer)
    except TimeoutError as error:
        raise Unreachable(f"No answer within {seconds:g} s.") from error
    except ssl.SSLError as error:
        why = str(getattr(error, "verify_message", "") or error.reason or error).rstrip(".")  # some end in a full stop
        raise Unreachable(f"TLS failed: {why}.") from error
    except socket.gaierror as error:
        raise Unreachable(f"{target.host} cannot be resolved: {error.strerror}.") from error
    except ConnectionRefusedError as error:
        raise Unreachable("The connection was refused.") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error
    told = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, told, kept, time.monotonic() - begun)


def _connect(target: Target, deadline: float) -> socket.socket:
    """Connect to the first number of the target that takes it."""
    seconds = min(_left(deadline), CONNECT_SECONDS)
    ends = time.monotonic() + seconds
    problem: OSError = OSError("no address")
    for number in target.numbers():
        try:
            plain = socket.create_connection((str(number), target.port), timeout=_left(ends))
        except OSError as error:
            problem = error
            continue
        try:
            _same(plain, number)
            return _secured(plain, target, deadline) if target.scheme == "https" else plain
        except BaseException:
            plain.close()
            raise
    if isinstance(problem, TimeoutError):
        raise Unreachable(f"No connection within {seconds:.3g} s.") from problem
    raise problem


def _same(connection: socket.socket, number: Address) -> None:
    """Make sure that the peer is the number that was checked."""
    peer = ipaddress.ip_address(str(connection.getpeername()[0]).partition("%")[0])
    if peer != number:
        raise Refusal(f"Connected to {peer} instead of {number}.")


def _secured(plain: socket.socket, target: Target, deadline: float) -> ssl.SSLSocket:
    plain.settimeout(_left(deadline))
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


def _head(target: Target, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii")


def _send(connection: socket.socket, data: bytes, deadline: float) -> None:
    view = memoryview(data)
    while view:
        connection.settimeout(_left(deadline))
        view = view[connection.send(view[:16384]) :]


def _beginning(answer: http.client.HTTPResponse) -> bytes:
    """Read the first bytes of the answer; a body that breaks off takes nothing from its status."""
    kept = b""
    try:
        while len(kept) < BODY_BYTES and (part := answer.read(BODY_BYTES - len(kept))):
            kept += part
    except http.client.IncompleteRead as error:
        kept += error.partial
    except ConnectionResetError:
        return kept
    return kept[:BODY_BYTES]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Wire:
    """What ``http.client`` reads an answer from: a socket with an end in time and in bytes."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.raw = _Bounded(connection, deadline)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.raw)


class _Bounded(io.RawIOBase):
    """A reader for which each byte counts, and each wait is no longer than what is left of the whole."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.connection, self.deadline, self.left = connection, deadline, MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.left <= 0:
            raise OSError(f"the answer is longer than {MOST_BYTES:,} bytes")
        self.connection.settimeout(_left(self.deadline))
        read = self.connection.recv_into(buffer, min(len(buffer), self.left))
        self.left -= read
        return read
