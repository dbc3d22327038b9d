"""Every page there is, found as a visitor finds them: by following links; and what a page may not hold."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import Resolver404, resolve

if TYPE_CHECKING:
    from django.test import Client

ELSEWHERE = ("/static/", "/admin", "/v1/", "/accounts/logout", "/decide/", "/accounts/")
VOID_OF_TEXT = ("script", "style")


class Parsed(HTMLParser):
    """A page as a browser reads it: its links, its text, and every element that could run something."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.text: list[str] = []
        self.active: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.active.append(f"<script {given}>")
        if tag in ("iframe", "object", "embed", "base", "meta") and given.get("http-equiv", tag) in ("refresh", tag):
            self.active.extend([f"<{tag} {given}>"] if tag != "meta" or "http-equiv" in given else [])
        if tag == "img" and not given.get("src", "").startswith(("/static/", "data:image/")):
            self.active.append(f"<img {given}>")
        for name, value in given.items():
            scheme = value.strip().lower().split(":")[0]
            if name.startswith("on") or name == "style" or name == "srcdoc":
                self.active.append(f"<{tag} {name}={value!r}>")
            if name in ("href", "src", "action", "formaction", "xlink:href") and scheme in ("javascript", "vbscript"):
                self.active.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def crawl(client: Client, start: tuple[str, ...], *, each: int = 5, most: int = 160) -> dict[str, Parsed]:
    """Follow links from some addresses and return the pages found, parsed.

    Args:
        client: signed in.
        start: where to begin.
        each: most pages of one route with the same kind of question.
        most: pages in all.
    """
    found: dict[str, Parsed] = {}
    taken: Counter[object] = Counter()
    waiting = list(start)
    while waiting and len(found) < most:
        address = waiting.pop(0)
        parts = urlsplit(address)
        if parts.netloc or parts.scheme or parts.path.startswith(ELSEWHERE) or address in found:
            continue
        try:
            kind = (resolve(parts.path).url_name, tuple(sorted({key for key, _ in parse_qsl(parts.query)})))
        except Resolver404:
            raise AssertionError(f"a link leads nowhere: {address}") from None
        taken[kind] += 1
        if taken[kind] > each and address not in start:
            continue
        response = client.get(address, follow=True)
        if "text/html" not in response.headers.get("Content-Type", ""):
            continue
        assert response.status_code == 200, f"{address}: {response.status_code}"
        page = found[address] = Parsed(response.content.decode())
        waiting += [urljoin(address, link).split("#")[0] for link in page.links]
    return found
