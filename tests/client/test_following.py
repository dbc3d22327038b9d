"""Following: each event once and in order, however often the connection breaks; what was seen is remembered."""

import socket
import threading
from contextlib import suppress

import pytest

from executions import commands
from tests.engine.watching import events, fresh
from tests.support.web import free_port

CUT_AFTER = 1500
"""Bytes of an answer that get through before the connection breaks."""


class CutWire:
    """Passes a server's answers on and breaks the first connections to some address in the middle of what they say."""

    def __init__(self, port: int, cuts: int, where: bytes) -> None:
        self.port, self.cuts, self.where, self.connections = port, cuts, where, 0
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        # Either side may be gone: that is what this wire is for.
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self.port)) as server:
            request = client.recv(65536)
            streams = self.where in request.split(b"\r\n", 1)[0]
            self.connections += streams
            left = CUT_AFTER if streams and self.connections <= self.cuts else 1 << 40
            server.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            while left > 0 and (piece := server.recv(min(left, 65536))):
                client.sendall(piece)
                left -= len(piece)


@pytest.fixture
def cut(web):
    """`cut(5)` is a wire that breaks five streams; `cut(1, b"/one.txt")` one answer of another address."""
    wires = []

    def make(cuts: int, where: bytes = b"/stream") -> CutWire:
        wires.append(CutWire(web.port, cuts, where))
        return wires[-1]

    yield make
    for wire in wires:
        wire.listener.close()


@pytest.fixture
def busy(run, cast):
    """Return a run with some history."""
    execution, actor = run(), cast.actor("operator")
    for number in range(8):
        commands.pause(actor, execution.pk, reason=f"look {number}")
        commands.resume(actor, execution.pk, note=f"fine {number}")
    return execution


def test_what_was_cut_is_read_on_without_loss_or_repetition(operator, busy, cut):
    wire = cut(5)
    said = operator("events", "--run", busy.pk, "--routine", "--json", HOLDPOINT_URL=wire.url)
    assert said.code == 0
    assert wire.connections > 5
    assert [event["seq"] for event in said.documents] == [event.seq for event in events(busy)]
    assert {event["run"] for event in said.documents} == {str(busy.pk)}


def test_the_place_is_kept_for_the_next_time(operator, busy, cast, tmp_path):
    chosen = ["events", "--run", busy.pk, "--kind", "hold", "--keep", tmp_path / "place", "--json"]
    first = operator(*chosen).documents
    assert len(first) == len([event for event in events(busy) if event.kind.startswith("hold.")])
    assert operator(*chosen).out == ""
    commands.pause(cast.actor("operator"), busy.pk, reason="once more")
    (later,) = operator(*chosen).documents
    assert later["reason"] == "once more"


def test_a_history_is_followed_to_its_end_through_a_wire_that_breaks(operator, busy, cast, cut):
    wire = cut(3)
    process = operator.start("execution", "events", str(busy.pk), "--follow", "--json", HOLDPOINT_URL=wire.url)
    seen = [process.stdout.readline() for _ in range(len(events(busy)))]
    assert all(seen)
    commands.cancel(cast.actor("operator"), busy.pk, reason="enough")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, fresh(busy).state) == (0, "cancelled")
    assert "Traceback" not in err
    assert len(seen) + len(out.splitlines()) == len(events(busy))


def test_a_download_that_breaks_off_leaves_what_was_there(operator, run, cut, tmp_path):
    execution, kept = run("filing", files=[("in.xml", b"<a/>" * 5000)]), tmp_path / "in.xml"
    get, wire = ["execution", "files", "get", execution.pk, "in.xml"], cut(2, b"/in.xml")
    assert operator(*get, HOLDPOINT_URL=wire.url).code == 6
    assert not list(tmp_path.glob("in.xml*"))
    kept.write_text("before")
    assert operator(*get, "--force", HOLDPOINT_URL=wire.url).code == 6
    assert [path.read_text() for path in tmp_path.glob("in.xml*")] == ["before"]
    assert operator(*get, "--force", HOLDPOINT_URL=wire.url).code == 0
    assert kept.stat().st_size == 20_000
