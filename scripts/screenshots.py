"""`make screenshots`: pictures of every page, from a stack of its own with demo runs.

They land in screenshots/ (git-ignored), at two widths, light and dark. The README's picture is written to docs/images/.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
OUT = PROJECT / "screenshots"
README_PICTURE = PROJECT / "docs/images/execution-paused.png"
LARGEST_README_PICTURE = 200 * 1024
PASSWORD = "for-the-pictures"  # noqa: S105  (of a stack that lives for a minute)
WIDTHS = {1440: 900, 390: 844}
SCHEMES = ("light", "dark")
LAUNCHED = (
    "invoice-batch",
    "refund-approval",
    "report-review",
    "report-by-confidence",
    "onboarding",
    "release-agent",
    "fleet-audit",
)
SETTINGS = ("profile", "tokens", "views", "reasons", "labels", "webhooks", "people")
CONFIRMED = {
    "settings-token-new": "/settings/tokens/new",
    "settings-webhook-new": "/settings/webhooks/new",
    "settings-authenticator": "/settings/security/totp/activate/",
}
"""Pages that ask first whether it is you."""
SETTLE_MILLISECONDS = 300
"""Until scripts have run and the stream has said that it is there."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_OPTIONS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def main() -> int:
    """Take the pictures; return the exit code."""
    chromium = chromium_path()
    if chromium is None:
        return 1
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.png"):
        old.unlink()
    with stack() as address:
        staged = subprocess.run(
            [sys.executable, "-m", "scripts.scenes"], cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
        )
        scenes = dict(line.split(" ", 1) for line in staged.stdout.splitlines())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_OPTIONS)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    take(browser, address, scenes, width, scheme)
            take_readme_picture(browser, address, scenes["execution-paused"])
            browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}, and {README_PICTURE}")
    return 0


def chromium_path() -> str | None:
    """Return the browser to take pictures with; None, and a sentence on standard error, where there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        print("No Chromium found: install the package chromium, or set CHROMIUM to its path.", file=sys.stderr)
    return found


@contextmanager
def stack() -> Iterator[str]:
    """Run a stack in a directory of its own, and tell `manage.py` of this process where it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="holdpoint-pictures-") as directory:
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ |= {"HOLDPOINT_HOME": f"{directory}/home", "HOLDPOINT_DEMO": "1", "WORKERS": "2", "PORT": str(port)}
        os.environ |= {"HOLDPOINT_DEMO_PASSWORD": PASSWORD, "HOLDPOINT_WEBHOOK_ALLOW": "127.0.0.1,::1"}
        log = Path(directory) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + 90
            while "Holdpoint is running" not in log.read_text(errors="replace"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The stack did not start:\n{log.read_text(errors='replace')}")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def take(browser: Browser, address: str, scenes: dict[str, str], width: int, scheme: str) -> None:
    """Take every page once at a width in a colour scheme."""

    def shoot(page: Page, name: str, path: str) -> None:
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        page.goto(address + path)
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        # A window as high as the page, so that what sticks to its edges ends where the page does.
        height = max(page.evaluate("document.documentElement.scrollHeight"), WIDTHS[width])
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=OUT / f"{name}-{width}-{scheme}.png")

    options = {"viewport": {"width": width, "height": WIDTHS[width]}, "color_scheme": scheme, "locale": "en-GB"}
    visitor = browser.new_context(**options)  # type: ignore[arg-type]
    shoot(visitor.new_page(), "sign-in", "/accounts/login/")
    visitor.close()
    for person in ("reviewer", "auditor", "admin"):
        context = browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        sign_in(page, address, person)
        for name, path in pages_of(person, scenes).items():
            shoot(page, name, path)
        if person == "admin":
            page.goto(f"{address}/settings/tokens/new")
            page.fill("input[name=password]", password())
            page.press("input[name=password]", "Enter")
            page.wait_for_url("**/settings/tokens/new")
            for name, path in CONFIRMED.items():
                shoot(page, name, path)
        context.close()


def pages_of(person: str, scenes: dict[str, str]) -> dict[str, str]:
    """Return name and path of the pictures to take as a person."""
    if person == "reviewer":
        runs = {name: path for name, path in scenes.items() if name.startswith("execution-")}
        return {
            "executions": "/executions",
            "executions-paused": "/executions?state=paused&sort=since",
            "executions-filtered": "/executions?needs=1&launched=7d&columns=progress,held,since,owner,labels",
            "executions-nothing-matches": "/executions?q=nothing+like+this",
            "bulk-job": scenes["bulk-job"],
            "inbox": "/inbox",
            "inbox-one": f"/inbox?item={scenes['question']}",
            "inbox-answered": "/inbox?tab=all",
            "holds": "/holds",
            "holds-one": f"/holds?item={scenes['hold']}",
            "holds-new": "/holds/new",
            "freezes-new": "/holds/new?workflow=invoice-batch",
            "freezes": "/holds/freezes",
            "help-reviewer": "/help/reviewer",
            "bulk": "/bulk",
            "bulk-preview": "/bulk/preview?command=pause&all=1",
            "workflows": "/workflows",
            "workflow": "/workflows/invoice-batch",
            "workflow-30-days": "/workflows/refund-approval?period=30d",
            **{f"launch-{name}": f"/launch/{name}" for name in LAUNCHED},
            "not-allowed": "/audit",
            "timeline-zoomed": f"{scenes['execution-over-budget']}?life=hour",
            "timeline-each-child": f"{scenes['execution-family']}?kin=each",
            "execution-payload": f"{scenes['execution-paused']}/payload",
            "execution-file-changes": scenes["file-changes"],
            **runs,
        }
    if person == "auditor":
        paused = scenes["execution-paused"]
        return {
            "help-auditor": "/help/auditor",
            "audit": "/audit",
            "audit-refused": "/audit?refused=on",
            "audit-person": "/audit?person=reviewer",
            "audit-nothing-matches": "/audit?text=nothing+like+this",
            "audit-line": "/audit/system/1",
            "audit-verifications": "/audit/verifications",
            "audit-verification": scenes["verification"],
            "system-as-auditor": "/system",
            "execution-as-auditor": paused,
            "execution-evidence": f"{paused}/evidence",
            "execution-payload": f"{paused}/payload",
            "execution-payload-compared": f"{scenes['execution-over-budget']}/payload?against=1",
        }
    return {
        "execution-held-as-admin": scenes["execution-held"],
        "system": "/system",
        **{f"settings-{name}": f"/settings/{name}" for name in SETTINGS},
        "settings-security": "/settings/security/",
        "settings-passkeys": "/settings/security/webauthn/",
        "confirm-it-is-you": "/settings/tokens/new",
        "administration": "/admin/",
        "administration-people": "/admin/auth/user/",
        "not-found": "/executions/none",
        "settings-reason": scenes["reason"],
        "settings-webhook": scenes["webhook"],
        "settings-webhook-message": scenes["webhook-message"],
        "settings-password": "/accounts/password/change/",
        "sign-out": "/accounts/logout/",
        "reference": "/v1/docs",
        "reference-commands": "/v1/docs/commands",
        "reference-search": "/v1/docs?q=pause",
        "help-operator": "/help/operator",
    }


def sign_in(page: Page, address: str, person: str) -> None:
    """Sign in as people do."""
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=login]", person)
    page.fill("input[name=password]", password())
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/executions**")


def password() -> str:
    """Return what the demo's people sign in with."""
    return os.environ.get("HOLDPOINT_DEMO_PASSWORD", PASSWORD)


def take_readme_picture(browser: Browser, address: str, path: str) -> None:
    """Take the upper part of a paused run's page.

    Raises:
        RuntimeError: the file is too large for a repository.
    """
    context = browser.new_context(viewport={"width": 1240, "height": 800}, color_scheme="light", locale="en-GB")
    page = context.new_page()
    sign_in(page, address, "reviewer")
    page.goto(address + path)
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=README_PICTURE)
    context.close()
    if README_PICTURE.stat().st_size > LARGEST_README_PICTURE:
        raise RuntimeError(f"{README_PICTURE} has {README_PICTURE.stat().st_size:,} bytes; take a smaller part.")


if __name__ == "__main__":
    sys.exit(main())
