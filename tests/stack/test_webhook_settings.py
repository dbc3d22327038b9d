"""Own networks and own templates: nonsense is refused at start, with the variable's name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from console.stack import environment


@pytest.mark.parametrize(
    "wrong",
    [
        "https://hooks.internal/",
        "10.0.0.0/33",
        "10.1.2.3/8",
        "300.1.1.1",
        "hooks internal",
        "*.internal",
        "fe80::1%eth0/64",
    ],
)
def test_what_is_no_network_and_no_name_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("HOLDPOINT_WEBHOOK_ALLOW", f"10.1.0.0/16, {wrong}")
    with pytest.raises(ImproperlyConfigured, match="HOLDPOINT_WEBHOOK_ALLOW"):
        environment.own_networks("HOLDPOINT_WEBHOOK_ALLOW")


def test_networks_addresses_and_names_are_taken(monkeypatch):
    entries = ["10.1.0.0/16", "192.168.7.7", "fd00::/8", "Hooks.internal", "build-7"]
    monkeypatch.setenv("HOLDPOINT_WEBHOOK_ALLOW", ", ".join(entries))
    assert environment.own_networks("HOLDPOINT_WEBHOOK_ALLOW") == entries


def test_own_templates_are_a_directory_that_exists(monkeypatch, tmp_path):
    monkeypatch.delenv("HOLDPOINT_TEMPLATES", raising=False)
    assert environment.folder("HOLDPOINT_TEMPLATES") == []
    monkeypatch.setenv("HOLDPOINT_TEMPLATES", str(tmp_path))
    assert environment.folder("HOLDPOINT_TEMPLATES") == [tmp_path]
    for wrong in ("templates", str(tmp_path / "none")):
        monkeypatch.setenv("HOLDPOINT_TEMPLATES", wrong)
        with pytest.raises(ImproperlyConfigured, match="HOLDPOINT_TEMPLATES"):
            environment.folder("HOLDPOINT_TEMPLATES")
