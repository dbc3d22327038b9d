"""A small OpenID Connect provider on loopback: it lets everybody in as whoever the test says."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt


class Provider:
    """What the provider says of the person who signs in, and what it was asked.

    Args:
        issuer: its address.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.claims: dict[str, Any] = {"sub": "1"}
        self.verifiers: list[str] = []
        self.broken = False

    def authorize(self, address: str) -> str:
        """Return where the browser goes after the person has agreed.

        Args:
            address: where Holdpoint sent the browser.
        """
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        return f"{asked['redirect_uri']}?{urlencode({'code': 'the-code', 'state': asked['state']})}"

    def answer(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Return the document of a path."""
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            where = {name: f"{self.issuer}/{end}" for name, end in names.items()}
            return {"issuer": self.issuer, "userinfo_endpoint": f"{self.issuer}/me", **where}
        if path == "/token":
            assert form["code"] == "the-code"
            self.verifiers.append(form["code_verifier"])
            now = int(time.time())
            told = {**self.claims, "iss": self.issuer, "aud": "holdpoint", "iat": now, "exp": now + 60}
            signed = jwt.encode(told, "a secret of the provider alone, long enough", algorithm="HS256")
            return {"access_token": "t", "token_type": "Bearer", "id_token": signed}
        return self.claims if path == "/me" else {"keys": []}


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            body = json.dumps(provider.answer(urlsplit(self.path).path, form)).encode()
            self.send_response(500 if provider.broken else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
