"""The program in docs/how-to/follow-events.md does what the guide says of it."""

import os
import re
import subprocess
import sys

import pytest

from console.stack.home import PROJECT
from executions import commands
from executions.actors import SYSTEM
from executions.models import Event
from executions.provenance import append
from tests.engine.watching import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("live_db")


def test_it_goes_on_where_it_was_and_says_why_it_ends(web, cast, tmp_path):
    guide = (PROJECT / "docs/how-to/follow-events.md").read_text()
    program = tmp_path / "follow.py"
    program.write_text(re.search(r"^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)[1])
    token, text = commands.create_token(SYSTEM, cast.operator, name="follows")
    told = tmp_path / "told"

    def start() -> subprocess.Popen:
        environment = {**os.environ, "HOLDPOINT_URL": web.url, "HOLDPOINT_TOKEN": text}
        with told.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, program], cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    first = start()
    wait_until(lambda: (tmp_path / "place").exists(), "a place")
    run = commands.launch(cast.actor("admin"), "noop", {})
    commands.cancel(cast.actor("admin"), run.pk, reason="only to be seen")
    wait_until(lambda: f"{run.pk} 2" in told.read_text(), "the run")
    first.kill()
    first.wait()
    append(run.pk, "hold.noted", SYSTEM, data={})
    second = start()
    wait_until(lambda: "hold.noted" in told.read_text(), "the note")
    commands.revoke_token(SYSTEM, token)

    assert second.wait(PATIENCE) == 1
    lines = [line for line in told.read_text().splitlines() if str(run.pk) in line]
    stored = Event.objects.filter(ledger=run.pk).order_by("seq").values_list("kind", "seq")
    assert list(dict.fromkeys(lines)) == [f"{kind} {run.pk} {seq}" for kind, seq in stored]
    assert "This token was revoked at" in told.read_text().splitlines()[-1]
