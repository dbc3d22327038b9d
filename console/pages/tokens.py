"""API tokens: one's own, or everybody's for administrators; make one, shown once; revoke one at once."""

import datetime
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst

from console.confirmed import confirmed
from console.pages.base import actor_of, add_errors, command_view, own_page
from console.pages.rights import MEANS
from executions import commands, queries
from executions.access import SCOPES
from executions.actors import Actor
from executions.commands.managing import manage_verdict
from executions.errors import Invalid, Refused
from executions.models import ApiToken

ROWS = 50
LIVES = (("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), ("", "Never"))
type Done = tuple[str, str]


class TokenForm(forms.Form):
    """What a token is for, what it may do and until when. It offers only what its owner may do himself."""

    name = forms.CharField(label="What it is for", max_length=200, help_text="The record names it with every act.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        widget=forms.CheckboxSelectMultiple,
        help_text="Never more than you may yourself at the time.",
        error_messages={"required": "Choose what it may do."},
    )
    days = forms.ChoiceField(label="It ends", choices=LIVES, required=False, initial="90")

    def __init__(self, actor: Actor, *args: Any, **options: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **options)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope, format_html("{} <code>{}</code>", capfirst(MEANS[scope]), scope))
            for scope in SCOPES
            if actor.can(scope)
        ]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token as the list shows it."""

    token: ApiToken
    now: datetime.datetime

    @property
    def ended(self) -> str:
        """Why it opens nothing any more; empty while it does."""
        if self.token.revoked_at is not None:
            return "revoked"
        if self.token.expires_at is not None and self.token.expires_at <= self.now:
            return "expired"
        return "" if self.token.owner.is_active else "owner shut out"

    @property
    def ends_soon(self) -> bool:
        """Its end is near enough to think of the next one."""
        ends = self.token.expires_at
        return not self.ended and ends is not None and ends - self.now < datetime.timedelta(days=7)


@own_page
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens; with ``all=1``, for administrators, everybody's."""
    return show(request, refusal=None)


def show(request: HttpRequest, *, refusal: Refused | None, said: str = "", **_: Any) -> HttpResponse:
    """Render the list.

    Args:
        request: whose.
        refusal: why a token was not revoked.
        said: ignored; the page is loaded anew after a change.
    """
    actor = actor_of(request)
    may_see_all = manage_verdict(actor).allowed
    everybody = may_see_all and request.GET.get("all") == "1"
    found = queries.list_tokens(actor, everybody=everybody, cursor=request.GET.get("cursor") or None, limit=ROWS)
    following = {**({"all": "1"} if everybody else {}), "cursor": found.next}
    now = timezone.now()
    context = {
        "nav": "settings",
        "section": "tokens",
        "rows": [TokenRow(token, now) for token in found.rows],
        "everybody": everybody,
        "may_see_all": may_see_all,
        "may_make": bool(actor.scopes),
        "next_url": f"{reverse('settings-tokens')}?{urlencode(following)}" if found.next else "",
        "refusal": refusal,
    }
    return render(request, "settings/tokens.html", context)


@own_page
@confirmed
def new(request: HttpRequest) -> HttpResponseBase:
    """Show the form for a new token."""
    return show_form(request, refusal=None)


def show_form(request: HttpRequest, *, refusal: Refused | None, said: str = "") -> HttpResponse:
    """Render the form; arguments as in ``show``."""
    actor = actor_of(request)
    form = TokenForm(actor, request.POST if refusal else None)
    if refusal:
        add_errors(form, refusal)
    return render(request, "settings/token_new.html", {"nav": "settings", "section": "tokens", "form": form})


@confirmed
@command_view(show_form, sees="", command="create token")
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make a token and show it in the answer itself: it is stored nowhere, so no other page could."""
    form = TokenForm(actor, request.POST)
    form.is_valid()
    if "days" in form.errors:
        raise Invalid("Choose one of the list.", errors={"days": ["Choose one of the list."]})
    days = form.cleaned_data["days"]
    token, text = commands.create_token(
        actor,
        request.user,
        name=request.POST.get("name", ""),
        scopes=request.POST.getlist("scopes"),
        expires_at=timezone.now() + datetime.timedelta(days=int(days)) if days else None,
    )
    context = {"nav": "settings", "section": "tokens", "token": token, "text": text, "origin": _origin(request)}
    return render(request, "settings/token_made.html", context)


@command_view(show, sees="")
def revoke(request: HttpRequest, actor: Actor, token_id: int) -> Done:
    """End a token at once."""
    token = queries.find_token(actor, token_id)
    commands.revoke_token(actor, token, reason=request.POST.get("reason", ""))
    back = reverse("settings-tokens") + ("" if token.owner_id == actor.user_id else "?all=1")
    return back, f"Revoked. “{token.name}” opens nothing any more."


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
