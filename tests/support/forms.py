"""Forms of commands as hands use them: open what is folded, type, press the button. Nothing here needs a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

type Typed = str | bool | list[dict[str, str | bytes]]
"""Text for a field or an option's value; True to tick it; files to choose."""


def give(page: Page, name: str, *, button: str = "", **typed: Typed) -> None:
    """Give a command: open its form, fill it in, send it.

    Args:
        page: a page that offers it.
        name: the command, as in its form's id.
        button: words on the button, where the form has several.
        typed: field → what is typed or chosen.
    """
    form = unfold(page, name)
    fill(form, **typed)
    press(form, button)


def unfold(page: Page, name: str) -> Locator:
    """Open a command's form, and the list that it stands in; return the form."""
    command = page.locator(f"#command-{name}")
    summary = command.locator("> summary")
    if not summary.is_visible():
        page.locator("#command-more > summary").click()
    if command.get_attribute("open") is None:
        summary.click()
    return page.locator(f"#form-{name}")


def fill(form: Locator, **typed: Typed) -> None:
    """Fill in fields of a form by name, and open what they are folded in."""
    for name, value in typed.items():
        named = f'[name="{name}"]:not([type=hidden])'
        field = form.locator(named)
        if not field.first.is_visible():
            form.locator("details:not([open])", has=form.page.locator(named)).locator("> summary").click()
        kind = field.first.evaluate("each => each.type")
        if kind == "file":
            field.set_input_files(value)
        elif kind == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            field.check()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)


def press(form: Locator, button: str = "") -> None:
    """Send a form by its button."""
    if button:
        form.get_by_role("button", name=button, exact=True).click()
    else:
        form.locator("button[type=submit]").click()
