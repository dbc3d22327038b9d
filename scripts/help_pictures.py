"""`python -m scripts.help_pictures`: take the pictures of the help pages from the running product, light and dark.

They are written to static/help/ as WebP. With HOLDPOINT_HOME of a running demo and `--running` it takes them there.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.screenshots import BROWSER_OPTIONS, PROJECT, SCHEMES, SETTLE_MILLISECONDS, chromium_path, sign_in, stack

OUT = PROJECT / "static/help"
WIDTH, HEIGHT = 896, 416
"""Of a picture, in pixels."""
LARGEST = 60 * 1024
QUALITY = 0.82
PATIENCE_SECONDS = 60
ABOVE = 14
"""Pixels shown above what a picture is about."""
TO_WEBP = """
async ([png, quality]) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality })).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


@dataclass(frozen=True)
class Picture:
    """One picture.

    Args:
        person: who is signed in.
        path: the page, or the name of a scene.
        about: selector of what stands at its top.
        act: what is opened first.
    """

    person: str
    path: str
    about: str
    act: Callable[[Page], object] = lambda page: None


def open_command(name: str) -> Callable[[Page], object]:
    """Return what opens a command's form, which may stand in the list under More."""

    def act(page: Page) -> None:
        page.evaluate(
            "name => { for (let at = document.getElementById('command-' + name); at; at = at.parentElement)"
            " if (at.matches('details')) at.open = true; }",
            name,
        )

    return act


def verify(page: Page) -> None:
    """Have the record verified, and wait for what comes of it."""
    page.get_by_role("button", name="Verify the whole record").click()
    for _ in range(PATIENCE_SECONDS):
        page.wait_for_timeout(1000)
        page.reload()
        if page.locator("table tbody tr").count():
            return


PICTURES: dict[str, Picture] = {
    "find": Picture("operator", "/executions", ".tabs"),
    "pause": Picture("operator", "processing", ".commands", open_command("pause")),
    "freeze": Picture(
        "operator",
        "/holds/new?by=many&labels=desk%3Dfinance",
        '.panel:has(> .panel-head > h2:text-is("It would stop now"))',
    ),
    "failed": Picture("operator", "failed", ".commands", open_command("retry")),
    "inbox": Picture("reviewer", "/inbox", "#desk"),
    "hold": Picture("reviewer", "/holds", ".table"),
    "files": Picture("reviewer", "files", ".panel:has(.files)"),
    "approve": Picture("reviewer2", "votes", '.panel[data-tone="ask"]'),
    "audit": Picture("auditor", "/audit?refused=on", ".table"),
    "history": Picture("auditor", "held", '.panel:has(> .panel-head > h2:text-is("History"))'),
    "verify": Picture("auditor", "/audit/verifications", "main h1", verify),
    "export": Picture("auditor", "held/evidence", "main h1"),
}


def main() -> int:
    """Take the pictures; return the exit code."""
    chromium = chromium_path()
    if chromium is None:
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    only = [name for name in sys.argv[1:] if not name.startswith("-")]
    with running() if "--running" in sys.argv else stack() as address:
        staged = subprocess.run(
            [sys.executable, "-m", "scripts.help_scenes"], cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
        )
        scenes = dict(line.split(" ", 1) for line in staged.stdout.splitlines())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_OPTIONS)
            for scheme in SCHEMES:
                for name, picture in PICTURES.items():
                    if not only or name in only:
                        take(browser, address, scenes, scheme, name, picture)
            browser.close()
    total = sum(path.stat().st_size for path in OUT.glob("*.webp"))
    print(f"{len(list(OUT.glob('*.webp')))} pictures in {OUT}, {total:,} bytes")
    return 0


def running() -> "nullcontext[str]":
    """Use the demo that runs on HOLDPOINT_HOME instead of one of our own."""
    note = json.loads((Path(os.environ["HOLDPOINT_HOME"]) / "stack.json").read_text())
    return nullcontext(str(note["url"]).rstrip("/"))


def place_of(page: Page, about: str) -> Any:
    """Return where a part of the page is; a live one may just be swapped, and is asked for again.

    Raises:
        LookupError: it is nowhere.
    """
    for _ in range(20):
        box = page.locator(about).first.bounding_box()
        if box is not None:
            return box
        page.wait_for_timeout(100)
    raise LookupError(f"Nothing is {about} on {page.url}.")


def take(browser: Browser, address: str, scenes: dict[str, str], scheme: str, name: str, picture: Picture) -> None:
    """Take one picture in a colour scheme.

    Raises:
        RuntimeError: the file is larger than a page should carry.
    """
    options = {"viewport": {"width": WIDTH + 236, "height": 900}, "color_scheme": scheme, "locale": "en-GB"}
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, address, picture.person)
    first, _, rest = picture.path.partition("/")
    page.goto(address + (f"{scenes[first]}/{rest}".rstrip("/") if first else picture.path))
    picture.act(page)
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    box = place_of(page, picture.about)
    corner = {"x": max(box["x"] - ABOVE, 0), "y": max(box["y"] - ABOVE, 0)}
    png = page.screenshot(clip={**corner, "width": WIDTH, "height": HEIGHT}, full_page=True)
    blank = context.new_page()
    webp = base64.b64decode(blank.evaluate(TO_WEBP, [base64.b64encode(png).decode(), QUALITY]))
    context.close()
    if len(webp) > LARGEST:
        raise RuntimeError(f"{name} has {len(webp):,} bytes; show less.")
    (OUT / f"{name}-{scheme}.webp").write_bytes(webp)


if __name__ == "__main__":
    sys.exit(main())
