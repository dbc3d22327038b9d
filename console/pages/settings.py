"""Settings: where they begin, and a person's profile."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import appearance
from console.pages.base import (
    SeeOther,
    actor_of,
    add_errors,
    ask_to_sign_in,
    came_from,
    command_view,
    own_page,
    refused,
)
from executions import commands, queries
from executions.actors import Actor
from executions.errors import Refused
from executions.models import Preference

type Done = tuple[str, str]


class ProfileForm(forms.Form):
    """How somebody wants to see the console."""

    time_zone = forms.CharField(
        label="Time zone",
        max_length=60,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Every time on every page is told in it, and every time you type is meant in it.",
    )
    theme = forms.ChoiceField(
        choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")], widget=forms.RadioSelect
    )
    density = forms.ChoiceField(
        choices=[("comfortable", "Comfortable"), ("compact", "Compact: more rows on a screen")],
        widget=forms.RadioSelect,
    )


@own_page
def settings(request: HttpRequest) -> HttpResponse:
    """Lead to the first of the settings."""
    return HttpResponseRedirect(reverse("settings-profile"))


@own_page
def profile(request: HttpRequest) -> HttpResponse:
    """Show who one is here, and how one wants to see the console."""
    return show_profile(request, refusal=None)


def show_profile(request: HttpRequest, *, refusal: Refused | None, said: str = "") -> HttpResponse:
    """Render the profile.

    Args:
        request: whose.
        refusal: why it was not saved.
        said: ignored; the page is loaded anew after it was saved.
    """
    actor = actor_of(request)
    if refusal is None:
        stored = queries.preference_of(actor.user_id or 0)
        form = ProfileForm(initial=initial_of(stored), use_required_attribute=False)
    else:
        form = ProfileForm(request.POST, use_required_attribute=False)
        add_errors(form, refusal)
    context = {
        "section": "profile",
        "nav": "settings",
        "form": form,
        "actor": actor,
        "scopes": sorted(actor.scopes),
        "zones": sorted(appearance.known_zones()),
    }
    return render(request, "settings/profile.html", context)


def initial_of(preference: Preference) -> dict[str, Any]:
    """Return what the form shows of stored preferences."""
    return {"time_zone": preference.time_zone, "theme": preference.theme, "density": preference.density}


@command_view(show_profile, sees="")
def save_profile(request: HttpRequest, actor: Actor) -> Done:
    """Keep the preferences; they are in force from the next page on."""
    given = {name: request.POST.get(name, "") for name in ProfileForm.base_fields}
    appearance.remember(request, commands.save_preference(actor, **given))
    return reverse("settings-profile"), "Saved."


@require_POST
def switch_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme that the button in the side bar was switched to, and go back to where it was pressed."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    try:
        stored = commands.save_preference(actor_of(request), theme=request.POST.get("theme", ""))
    except Refused as refusal:
        return refused(request, refusal)
    appearance.remember(request, stored)
    return SeeOther(came_from(request))
