"""The Tab key: ids with titles, names, states and labels; nothing that a shell would carry out; silence when away."""

import subprocess
import sys
from pathlib import Path

from tests.client.conftest import Terminal, word
from tests.client.test_exit_codes import NOWHERE

HOSTILE = '$(touch owned) `touch owned` "; touch owned; " \' * ]) \x1b[2J'


def offered(terminal: Terminal, shell: str, typed: str, **changes: str) -> str:
    """Return what a shell gets that asks how a line may go on."""
    variables = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1), "_TYPER_COMPLETE_ARGS": typed}
    variables |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "_HOLDPOINT_COMPLETE": f"complete_{shell}"}
    said = terminal(**variables, **changes)
    assert (said.code, said.err) == (0, "")
    return said.out


def test_tab_offers_what_the_server_knows(operator, run):
    name = word()
    execution = run(title=f"November {name}", labels={"of": name})
    assert str(execution.pk) in offered(operator, "bash", "holdpoint execution pause ").split()
    for shell in ("zsh", "fish"):
        assert f"queued, November {name}" in offered(operator, shell, "holdpoint execution pause ")
    assert offered(operator, "bash", "holdpoint execution list -w noo").split() == ["noop"]
    assert offered(operator, "bash", "holdpoint execution list --state paused,susp").split() == ["paused,suspended"]
    assert offered(operator, "bash", f"holdpoint execution list --label of:{name[:9]}").split() == [f"of:{name}"]
    filters = offered(operator, "bash", "holdpoint execution cancel --filter workflow=many").split()
    assert filters == ["workflow=many-steps"]
    assert "pause" in offered(operator, "bash", "holdpoint execution ").split()


def test_a_shell_is_offered_nothing_that_it_would_carry_out(operator, run, tmp_path):
    execution = run(title=HOSTILE, labels={"of": "$(touch owned)"})
    for shell in ("bash", "zsh", "fish"):
        told = offered(operator, shell, "holdpoint execution pause ")
        assert str(execution.pk) in told
        assert not set("$`;*\x1b'") & set(told.replace("'*: :", "").replace("))'", ""))
    assert offered(operator, "bash", "holdpoint execution list --label of:$").split() == []
    lines = [
        'eval "$(holdpoint --show-completion)"',
        'COMP_WORDS=(holdpoint execution status ""); COMP_CWORD=3',
        "_holdpoint_completion holdpoint",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    ]
    variables = {name: value for name, value in operator.environment_of().items() if value is not None}
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    command = ["bash", "-c", "\n".join(lines)]
    said = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert str(execution.pk) in said.stdout.split(), said.stderr
    assert not (tmp_path / "owned").exists()


def test_tab_says_nothing_where_the_server_is_away_or_nobody_is_signed_in(operator):
    assert offered(operator, "bash", "holdpoint execution pause ", HOLDPOINT_URL=NOWHERE).split() == []
    assert offered(operator, "bash", "holdpoint execution pause ", HOLDPOINT_TOKEN="hp_nobody").split() == []
