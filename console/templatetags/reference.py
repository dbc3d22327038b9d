"""Tags for the API's reference."""

import json
from typing import Any

from django import template
from django.utils.safestring import SafeString

from console.reference import prose

register = template.Library()


@register.filter
def prose_line(text: str) -> SafeString:
    """Show a description in one line; `code` and **bold** in it are marked, all else is escaped."""
    return prose.line(" ".join(text.split()))


@register.filter
def prose_text(text: str) -> SafeString:
    """Show a description as paragraphs and lists; all in it is escaped."""
    return prose.paragraphs(text)


@register.filter
def example_text(value: Any) -> str:
    """Write an example as it is sent: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def at(found: dict[str, Any], key: str) -> Any:
    """Return the member of a mapping that a variable names."""
    return found[key]
