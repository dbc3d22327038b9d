"""Requests to strangers' servers: which addresses are called, and what a server can do to the one who calls."""

import ipaddress
import socket

import pytest

from executions.outbound import Refusal, Unreachable, post, read_target, read_trusted
from executions.outbound.addresses import read_allowed, why_refused

INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1",  # noqa: S104
    "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "fc00::1",
    "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1",
    "5f00::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.15.0.1", "100.63.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
NOBODY = read_allowed([])


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_inside_is_refused(text):
    assert why_refused(ipaddress.ip_address(text), "x.example.com", NOBODY)


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_address_of_the_internet_is_called(text):
    assert why_refused(ipaddress.ip_address(text), "x.example.com", NOBODY) == ""


def test_own_networks_are_called_where_the_operator_allows_them_and_no_others():
    allowed = read_allowed(["10.1.0.0/16", "fd00:1::/32", "Hooks.Internal"])
    for text, host, called in (
        ("10.1.2.3", "a", True),
        ("::ffff:10.1.2.3", "a", True),
        ("10.2.0.1", "a", False),
        ("fd00:1::5", "a", True),
        ("10.2.0.1", "hooks.internal", True),
        ("127.0.0.1", "hooks.internal", True),
        ("169.254.169.254", "hooks.internal", False),  # a name is no leave to ask the cloud for its keys
        ("fd00:ec2::254", "hooks.internal", False),
        ("100.100.100.200", "hooks.internal", False),
        ("192.0.0.192", "hooks.internal", False),
        ("0.0.0.0", "hooks.internal", False),  # noqa: S104
        ("10.2.0.1", "hooks.internal.example.com", False),
    ):
        assert (why_refused(ipaddress.ip_address(text), host, allowed) == "") == called, (text, host)


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com",
        "https://", "https:///path", "https://user:word@example.com/", "https://@example.com/", "https://exa mple.com/",
        "https://example.com/a b", "https://example.com/\r\nX-Evil: 1", "https://example.com\\@evil.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://example.com:25/", "https://example.com:22/",
        "https://example.com/#part", "https://exämple.com/", "https://[::1/", "http://example.com/",
        "https://example..com/", "https://" + "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_address_for_a_webhook_is_refused_with_a_sentence(url):
    with pytest.raises(Refusal) as refused:
        read_target(url)
    assert str(refused.value).endswith((".", "…"))


def test_an_address_is_sent_as_it_was_meant():
    target = read_target("https://Hooks.Example.com.:8443/a%20b?c=d")
    assert (target.host, target.port, target.path) == ("hooks.example.com", 8443, "/a%20b?c=d")
    assert target.authority == "hooks.example.com:8443"
    assert read_target("https://[2606:4700::1111]/").authority == "[2606:4700::1111]"


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://localhost/"])
def test_other_ways_of_writing_loopback_lead_to_loopback(url):
    try:
        target = read_target(url)
        target.numbers()
    except (Refusal, OSError):
        return
    pytest.fail(f"{url} is called")


def resolves(monkeypatch, *answers: list[str]) -> list[str]:
    """Have names resolved to these numbers, lookup by lookup; return the names that were looked up."""
    asked: list[str] = []

    def getaddrinfo(host, port, *_, **__):
        numbers = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        kinds = [socket.AF_INET6 if ":" in number else socket.AF_INET for number in numbers]
        return [(kind, socket.SOCK_STREAM, 6, "", (number, port)) for kind, number in zip(kinds, numbers, strict=True)]

    monkeypatch.setattr("executions.outbound.target.socket.getaddrinfo", getaddrinfo)
    return asked


def test_a_name_with_one_address_inside_is_refused_whatever_the_others_are(monkeypatch):
    resolves(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Refusal, match=r"10\.0\.0\.1, a private address"):
        read_target("https://rebind.example.com/").numbers()


def test_the_number_that_was_checked_is_the_number_that_is_called(monkeypatch):
    """A name that is public when it is looked at and loopback a moment later is looked up once, and called there."""
    asked = resolves(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    called = []

    def create_connection(address, timeout):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("executions.outbound.client.socket.create_connection", create_connection)
    with pytest.raises(Unreachable, match="refused"):
        post(read_target("https://rebind.example.com/"), b"{}", {})
    assert (asked, called) == (["rebind.example.com"], [("8.8.8.8", 443)])
    with pytest.raises(Refusal, match="loopback"):
        post(read_target("https://rebind.example.com/"), b"{}", {})
    assert len(called) == 1


def test_tls_is_spoken_with_the_name_and_its_certificate_is_checked(monkeypatch, receiver, settings):
    settings.HOLDPOINT = {**settings.HOLDPOINT, "WEBHOOK_ALLOW": ["hooks.internal"]}
    resolves(monkeypatch, ["127.0.0.1"])
    with pytest.raises(Unreachable, match="TLS failed"):
        post(read_target(f"https://hooks.internal:{receiver.server_port}/"), b"{}", {}, seconds=20)
    assert receiver.got == []


def test_a_request_is_what_it_should_be_and_proxies_are_not_heeded(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    receiver.answers = [(200, {"X-Told": "yes"}, b"thanks")]
    answer = post(read_target(receiver.url), b'{"a":1}', {"Content-Type": "application/json"})
    (headers, body) = receiver.got[0]
    assert (body, headers["host"], headers["content-length"]) == (b'{"a":1}', f"127.0.0.1:{receiver.server_port}", "7")
    assert (answer.status, answer.headers["x-told"], answer.body) == (200, "yes", b"thanks")


def test_a_redirect_is_an_answer_and_is_not_followed(receiver):
    receiver.answers = [(307, {"Location": receiver.url}, b"")]
    assert post(read_target(receiver.url), b"{}", {}).status == 307
    assert len(receiver.got) == 1


def test_whoever_hangs_or_drips_or_never_ends_is_cut_off(raw):
    hangs = raw()
    drips = raw(b"HTTP/1.1 200 OK\r\n", *[b"X" for _ in range(1000)], pause=0.05)
    drips_body = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", forever=b"x", pause=0.05)
    for server in (hangs, drips, drips_body):
        with pytest.raises(Unreachable, match=r"No answer within 0\.4 s"):
            post(read_target(server.url), b"{}", {}, seconds=0.4)
    endless = raw(b"HTTP/1.1 200 OK\r\n\r\n", forever=b"x" * 65536)
    assert post(read_target(endless.url), b"{}", {}).body == b"x" * 4096
    heads = raw(b"HTTP/1.1 200 OK\r\n", forever=b"X-A: " + b"x" * 60000 + b"\r\n")
    with pytest.raises(Unreachable):
        post(read_target(heads.url), b"{}", {})


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00\xff\x00", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\r\n" * 5]
)
def test_whatever_is_no_http_is_said_to_be_none(raw, said):
    server = raw(said)
    with pytest.raises(Unreachable):
        post(read_target(server.url), b"{}", {}, seconds=2)


def test_a_server_that_takes_no_connection_is_told_from_one_that_does_not_answer(own_network, monkeypatch):
    def silent(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    with pytest.raises(Unreachable, match=r"No connection within 5 s\."):
        post(read_target("http://127.0.0.1:8080/"), b"{}", {})


def test_nobody_listening_is_said_so(own_network):
    with pytest.raises(Unreachable, match="The connection was refused"):
        post(read_target("http://127.0.0.1:65000/"), b"{}", {})


def test_what_the_operator_configured_may_lead_anywhere(receiver, settings):
    settings.HOLDPOINT = {**settings.HOLDPOINT, "WEBHOOK_ALLOW": []}
    with pytest.raises(Refusal):
        read_target(receiver.url)
    assert post(read_trusted(receiver.url), b"{}", {}).status == 204
