"""Repeated requests, many runs at once, tokens and texts that could do harm."""

import json
import os
import socket
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from console.stack.home import PROJECT
from executions import commands
from tests.client.conftest import word
from tests.engine.watching import events, fresh
from tests.support.web import free_port


class LossyWire:
    """Passes requests on to a server and drops the first answers, as a broken network does."""

    def __init__(self, port: int, losses: int) -> None:
        self.port, self.losses, self.requests = port, losses, []
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self.port)) as server:
                request = self._request(client)
                self.requests.append(request)
                server.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                answer = b"".join(iter(lambda server=server: server.recv(65536), b""))
                if len(self.requests) > self.losses:
                    client.sendall(answer)

    def _request(self, client: socket.socket) -> bytes:
        read = b""
        while b"\r\n\r\n" not in read:
            read += client.recv(65536)
        head, _, body = read.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        while len(body) < length:
            body += client.recv(65536)
        return head + b"\r\n\r\n" + body

    def keys(self) -> list[bytes]:
        """Return the Idempotency-Key of each request."""
        lines = [line for request in self.requests for line in request.split(b"\r\n")]
        return [line.split(b": ")[1] for line in lines if line.lower().startswith(b"idempotency-key")]


@pytest.fixture
def lossy(web):
    """`lossy(2)` is a wire that loses the first two answers."""
    wires = []

    def make(losses: int) -> LossyWire:
        wires.append(LossyWire(web.port, losses))
        return wires[-1]

    yield make
    for wire in wires:
        wire.listener.close()


def test_a_command_whose_answer_was_lost_is_sent_again_and_has_one_effect(operator, run, lossy):
    execution, wire = run(), lossy(2)
    said = operator("execution", "pause", execution.pk, "-r", "Totals differ", HOLDPOINT_URL=wire.url)
    assert said.code == 0
    assert len(wire.requests) == 3
    assert len(set(wire.keys())) == 1
    assert len(events(execution, "hold.placed")) == 1


def test_a_command_that_was_given_up_can_be_repeated_with_its_key(operator, run, lossy):
    execution, wire = run(), lossy(99)
    lost = operator("execution", "pause", execution.pk, "-r", "Totals differ", "--json", HOLDPOINT_URL=wire.url)
    assert lost.code == 6
    assert "may have been carried out" in lost.err
    key = lost.document["idempotency_key"]
    assert operator("execution", "pause", execution.pk, "-r", "Totals differ", "--idempotency-key", key).code == 0
    assert len(events(execution, "hold.placed")) == 1


def test_several_runs_need_a_yes_with_their_number(operator, run):
    runs = [run(), run(), run()]
    ids = [execution.pk for execution in runs]
    asked = operator("execution", "pause", *ids, "--reason", "wrong month")
    assert asked.code == 2
    assert "Pause 3 runs" in asked.words()
    assert "--yes" in asked.err
    assert {fresh(execution).state for execution in runs} == {"queued"}
    done = operator("execution", "pause", *ids, ids[0], "--reason", "wrong month", "--yes")
    assert (done.code, "3 of 3 runs done" in done.err) == (0, True)
    assert {fresh(execution).state for execution in runs} == {"paused"}
    assert [len(events(execution, "hold.placed")) for execution in runs] == [1, 1, 1]


def test_of_several_runs_each_has_an_outcome_of_its_own(operator, run, cast):
    fine, over = run(), run()
    commands.cancel(cast.actor("operator"), over.pk, reason="sent twice")
    said = operator("execution", "pause", fine.pk, over.pk, "--reason", "look", "--yes", "--json")
    assert said.code == 3
    one, other = said.document["items"]
    assert (one["id"], one["done"], one["run"]["state"]) == (str(fine.pk), True, "paused")
    assert (other["id"], other["done"], other["problem"]["state"]) == (str(over.pk), False, "cancelled")
    assert "1 of 2 runs done" in said.err


def test_an_unknown_beginning_among_several_stops_all(operator, run):
    execution = run()
    said = operator("execution", "pause", execution.pk, "00000000", "--reason", "look", "--yes")
    assert (said.code, fresh(execution).state) == (5, "queued")


def test_the_beginning_of_an_id_is_enough_if_there_is_one_such_run(operator, run):
    first, second = run(), run()
    unique = str(first.pk)[:23]
    assert operator("execution", "status", unique, "--json").document["id"] == str(first.pk)
    assert operator("execution", "status", unique.replace("-", "").upper(), "--json").document["id"] == str(first.pk)
    said = operator("execution", "cancel", str(first.pk)[:8], "--reason", "x")
    assert said.code == 2
    assert "Several runs' ids" in said.words()
    assert {fresh(first).state, fresh(second).state} == {"queued"}


def test_holds_are_listed_placed_annotated_and_released(terminal, run):
    reviewer, execution = terminal("reviewer"), run()
    placed = reviewer("hold", "place", execution.pk, "--reason", "fraud check", "--blocks-cancel", "--json").document
    assert (placed["kind"], placed["placed_via"], placed["blocks_cancel"]) == ("compliance", "cli", True)
    assert reviewer("hold", "note", placed["id"][:23], "--text", "bank was asked").code == 0
    listed = reviewer("hold", "list", "--run", execution.pk)
    assert "fraud check (1 note)" in listed.out
    assert "bank was asked" in reviewer("execution", "status", execution.pk).out
    assert reviewer("hold", "release", placed["id"], "--reason", "all is well").code == 0
    assert fresh(execution).state == "queued"


@pytest.mark.parametrize("token", ["hp_secret\nX-Evil: 1", "hp_sécret", "hp_secret with space", ""])
def test_a_token_that_cannot_be_sent_is_refused_without_being_printed(operator, token):
    said = operator("execution", "list", HOLDPOINT_TOKEN=token)
    assert said.code == 2
    assert "secret" not in said.err


def config(home, text: str, mode: int = 0o600):
    path = home / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_profile_names_the_server_and_its_token(operator, run, tmp_path):
    execution = run()
    text = f'[work]\nurl = "{operator.url}/"\ntoken = "{operator.token}"\n'
    text += '[other]\nurl = "http://127.0.0.1:1"\ntoken = "hp_x"\n'
    path = config(tmp_path, text)
    without = {"HOLDPOINT_URL": None, "HOLDPOINT_TOKEN": None, "HOLDPOINT_CONFIG": path}
    assert operator("execution", "status", execution.pk, **without).code == 0
    assert operator("--profile", "work", "execution", "status", execution.pk, **without).code == 0
    assert operator("--profile", "other", "execution", "status", execution.pk, **without).code == 6
    assert operator("--profile", "third", "execution", "status", execution.pk, **without).code == 2


def test_a_profile_file_that_others_may_read_is_refused(operator, tmp_path):
    path = config(tmp_path, f'[work]\nurl = "{operator.url}"\ntoken = "{operator.token}"\n', 0o640)
    said = operator("execution", "list", HOLDPOINT_TOKEN=None, HOLDPOINT_URL=None, HOLDPOINT_CONFIG=path)
    assert (said.code, f"chmod 600 {path}" in said.words()) == (2, True)


def test_the_token_of_a_profile_goes_to_no_other_address(operator, tmp_path, lossy):
    wire = lossy(0)
    path = config(tmp_path, f'[work]\nurl = "{operator.url}"\ntoken = "{operator.token}"\n')
    said = operator("execution", "list", HOLDPOINT_TOKEN=None, HOLDPOINT_URL=wire.url, HOLDPOINT_CONFIG=path)
    assert said.code == 2
    assert wire.requests == []


def test_texts_from_the_server_cannot_drive_the_terminal(operator, run):
    nasty = f"\x1b]0;pwned\x07\x1b[2J\x9b31m [bold]{uuid.uuid4()}[/bold]"
    execution = run(title=nasty)
    for words in (["status", execution.pk], ["list", "--search", str(execution.pk)]):
        said = operator("execution", *words)
        assert said.code == 0
        assert not {"\x1b", "\x07", "\x9b"} & set(said.out)
        assert "[bold]" in said.out
    raw = operator("execution", "status", execution.pk, "--json")
    assert not {"\x1b", "\x07", "\x9b"} & set(raw.out)
    assert json.loads(raw.out)["title"] == nasty


def test_remarks_that_quote_a_server_cannot_drive_the_terminal(operator):
    code = "from holdpoint_client.screen import Screen; Screen().aside('\\x1b]0;pwned\\x07 one\\ntwo\\x9b31m')"
    said = operator(program=("-c", code))
    assert said.err.splitlines() == ["\ufffd]0;pwned\ufffd one", "two\ufffd31m"]


def test_a_download_follows_no_link_that_leads_nowhere_yet(operator, run, cast, tmp_path):
    """Somebody who may write here too could have laid it out, to have a file made elsewhere."""
    execution = run("filing", files=[("in.xml", b"<a/>")])
    (tmp_path / "in.xml").symlink_to(tmp_path / "elsewhere")
    said = operator("execution", "files", "get", execution.pk, "in.xml", "--out", tmp_path / "in.xml")
    assert (said.code, (tmp_path / "elsewhere").exists()) == (2, False), said.words()
    assert operator("execution", "files", "get", execution.pk, "in.xml", "--out", tmp_path / "own.xml").code == 0
    assert (tmp_path / "own.xml").read_bytes() == b"<a/>"


def test_tables_fit_80_columns_and_colours_can_be_turned_off(operator, run):
    title = f"{word()} and a title that is longer than any table can show"
    run(title=title)
    narrow = operator("execution", "list", "--search", title[:33], COLUMNS="80", FORCE_COLOR="1")
    assert "\x1b[" in narrow.out
    plain = operator("execution", "list", "--search", title[:33], COLUMNS="80", FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[36m" not in plain.out
    piped = operator("execution", "list", "--search", title[:33], COLUMNS="80")
    assert max(len(line) for line in piped.out.splitlines()) <= 80
    whole = operator("execution", "list", "--search", title[:33], COLUMNS=None)
    assert title in whole.out


def test_the_command_is_installed(operator):
    command = Path(sys.executable).with_name("holdpoint")
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "client" / "src")}
    said = subprocess.run([command, "--version"], env=variables, capture_output=True, text=True, timeout=30, check=True)
    assert said.stdout == operator("--version").out
    assert "Exit codes" in operator("--help").out


def test_nothing_of_the_server_is_loaded(operator):
    code = "import sys, holdpoint_client.app; print(*sys.modules)"
    environment = {"PYTHONPATH": str(PROJECT / "client/src")}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not {"django", "console", "executions", "ninja"} & {name.split(".")[0] for name in said.stdout.split()}
