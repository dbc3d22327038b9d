"""`make test` itself: what fails among others is tried once more, alone, and never hidden."""

import os
import subprocess
import sys

import pytest

from console.stack.home import PROJECT

KINDS = "[pytest]\naddopts = -p xdist\nmarkers =\n    rolled_back\n    live\n    browser\n"
CERTAIN = "import pytest\n@pytest.mark.rolled_back\ndef test_it(): pass\n@pytest.mark.browser\ndef test_that(): pass\n"
UNCERTAIN = """
import pathlib, pytest
@pytest.mark.live
def test_it():
    mark = pathlib.Path("was-here")
    there = mark.exists()
    mark.touch()
    assert there
"""
GIVES_UP = """
import pathlib, pytest
@pytest.mark.browser
def test_it():
    mark = pathlib.Path("was-there")
    if not mark.exists():
        mark.touch()
        pytest.exit("enough", returncode=1)
"""
UNTIDY = """
import pathlib, pytest
@pytest.fixture
def thing():
    yield
    mark = pathlib.Path("was-over-there")
    there = mark.exists()
    mark.touch()
    assert there
@pytest.mark.live
def test_it(thing): pass
"""
UNREADABLE = "import nothing_of_the_kind\n"
BROKEN = "import pytest\n@pytest.mark.live\ndef test_it(): assert False\n"


def suite(directory, **files: str) -> subprocess.CompletedProcess[str]:
    (directory / "pytest.ini").write_text(KINDS)
    for name, text in {"test_certain": CERTAIN, **files}.items():
        (directory / f"{name}.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(PROJECT)}
    return subprocess.run(
        [sys.executable, "-m", "scripts.suite"],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        (
            {"test_uncertain": UNCERTAIN, "test_untidy": UNTIDY},
            0,
            [
                "UNCERTAIN test_uncertain.py::test_it: failed among others, passed alone",
                "UNCERTAIN test_untidy.py::test_it:",
            ],
        ),
        (
            {
                "test_uncertain": UNCERTAIN,
                "test_broken": BROKEN,
                "test_gives_up": GIVES_UP,
                "test_never_begun": BROKEN.replace("live", "browser"),
            },
            1,
            ["alone: test_broken.py test_uncertain.py", "alone: test_gives_up.py test_never_begun.py"],
        ),
        ({f"test_broken_{each}": BROKEN for each in range(7)}, 1, ["7 failed"]),
        ({"test_unreadable": UNREADABLE}, 2, ["Once more, alone: test_unreadable.py", "nothing_of_the_kind"]),
    ],
)
def test_what_failed_among_others_is_tried_once_more_and_named(tmp_path, files, status, said):
    told = suite(tmp_path, **files)
    assert told.returncode == status, told.stdout + told.stderr
    assert [words for words in said if words not in told.stdout] == [], told.stdout
    assert ("Once more" in told.stdout) == (len(files) < 7)
    assert "UNCERTAIN test_broken" not in told.stdout
