"""Where messages go: nonsense is refused at start, without repeating an address that may hold a secret."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from console.stack import environment


@pytest.mark.parametrize("wrong", ["http://a.example/secret", "mailto:", "mailto:nobody", "https://", "x", "ftp://a"])
def test_only_https_and_mailto_are_addresses(monkeypatch, wrong):
    monkeypatch.setenv("HOLDPOINT_NOTIFY", f"https://ok.example/hook, {wrong}")
    with pytest.raises(ImproperlyConfigured, match="address 2") as caught:
        environment.targets("HOLDPOINT_NOTIFY")
    assert "secret" not in str(caught.value)


def test_plain_http_is_taken_where_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("HOLDPOINT_NOTIFY", "http://gateway.internal/hook")
    assert environment.targets("HOLDPOINT_NOTIFY", plain=True) == ["http://gateway.internal/hook"]
    monkeypatch.delenv("HOLDPOINT_NOTIFY")
    assert environment.targets("HOLDPOINT_NOTIFY") == []


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://mail.example:2525", {"port": 2525, "use_tls": False, "use_ssl": False, "username": ""}),
        ("smtp://u:p%40ss@mail.example", {"port": 25, "use_tls": True, "use_ssl": False, "password": "p@ss"}),
        ("smtps://u:p@mail.example", {"port": 465, "use_tls": False, "use_ssl": True, "timeout": 5}),
    ],
)
def test_the_mail_server_is_one_variable(monkeypatch, url, options):
    monkeypatch.setenv("HOLDPOINT_SMTP_URL", url)
    made = environment.mailer("HOLDPOINT_SMTP_URL")
    assert made["BACKEND"].endswith("smtp.EmailBackend")
    assert options.items() <= made["OPTIONS"].items()


def test_without_a_mail_server_mails_go_to_the_log_and_nonsense_is_refused(monkeypatch):
    monkeypatch.delenv("HOLDPOINT_SMTP_URL", raising=False)
    assert environment.mailer("HOLDPOINT_SMTP_URL")["BACKEND"].endswith("console.EmailBackend")
    monkeypatch.setenv("HOLDPOINT_SMTP_URL", "mail.example:25")
    with pytest.raises(ImproperlyConfigured):
        environment.mailer("HOLDPOINT_SMTP_URL")


@pytest.mark.parametrize("wrong", ["holdpoint.example.com", "ftp://a", "https://", "https://a/?b"])
def test_the_public_address_is_one(monkeypatch, wrong):
    monkeypatch.setenv("HOLDPOINT_PUBLIC_URL", wrong)
    with pytest.raises(ImproperlyConfigured, match="HOLDPOINT_PUBLIC_URL must look like"):
        environment.origin("HOLDPOINT_PUBLIC_URL", "http://localhost")
    monkeypatch.setenv("HOLDPOINT_PUBLIC_URL", "https://a.example/")
    assert environment.origin("HOLDPOINT_PUBLIC_URL", "http://localhost") == "https://a.example"
