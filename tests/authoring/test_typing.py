"""Authors can annotate their workflows, and the checker finds their mistakes."""

import subprocess
import sys

from console.stack.home import PROJECT

SAMPLE = PROJECT / "tests" / "typed_sample.py"
MISTAKES = """
approve.on_resume("no function")
approve(1)
sample.step(on_error="explode")(undo)
Next(7)
"""


def check(path):
    """Run mypy as the project does, on one file."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(path)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600)


def test_a_workflow_of_every_style_is_typed_and_mistakes_in_it_are_found(tmp_path):
    assert (checked := check(SAMPLE)).returncode == 0, checked.stdout
    wrong = tmp_path / "wrong.py"
    wrong.write_text(SAMPLE.read_text() + MISTAKES)
    first = len(SAMPLE.read_text().splitlines()) + 2
    found = {int(line.split(":")[1]) for line in check(wrong).stdout.splitlines() if "wrong.py" in line}
    assert found == set(range(first, first + 4))
