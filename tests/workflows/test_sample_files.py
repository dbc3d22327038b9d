"""`manage.py invoice_samples` gives newcomers files to launch batches with."""

import pytest
from django.core.management import CommandError, call_command

from workflows.invoices.samples import WRONG, samples


def test_writes_the_samples_and_corrected_versions_of_the_wrong_ones(tmp_path, capsys):
    call_command("invoice_samples", tmp_path / "invoices")
    assert {path.name for path in (tmp_path / "invoices").glob("*.xml")} == set(samples())
    for name in WRONG:
        assert (tmp_path / "invoices" / "corrected" / name).read_bytes() != samples()[name]
    assert f"{len(WRONG)} of them wrong" in capsys.readouterr().out


def test_says_where_it_cannot_write(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CommandError, match=r"Cannot write to .*taken"):
        call_command("invoice_samples", tmp_path / "taken")
