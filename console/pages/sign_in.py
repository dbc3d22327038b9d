"""The sign-in page: allauth's, with the company's provider, and the demo people named while the demo runs."""

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth import get_user_model
from django.forms import Form

from console.stack.people import PEOPLE
from executions.access import ROLES

ABOUT = {
    "operator": "launches, pauses, cancels, retries",
    "reviewer": "pauses, corrects, holds, answers",
    "auditor": "reads, and verifies the record",
    "admin": "may do everything",
}


class SignInView(LoginView):  # type: ignore[misc]
    """Sign in; in demo mode the page says who there is."""

    def get_form(self, *args: Any, **kwargs: Any) -> Form:
        """Name the fields as the rest of the console would."""
        form: Form = super().get_form(*args, **kwargs)
        form.fields["login"].label = "Username or email"
        form.fields["remember"].label = "Remember me"
        form.fields["password"].help_text = ""  # allauth's link; ours stands below the button
        for name in ("login", "password"):
            form.fields[name].widget.attrs.pop("placeholder", None)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo people, by name and what their role may do. Their password stands in the terminal alone."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.HOLDPOINT_OIDC["ISSUER"]:
            context["provider_name"] = settings.HOLDPOINT_OIDC["NAME"]
        if settings.HOLDPOINT_DEMO:
            people = [(name, role) for name, (role, _) in PEOPLE.items() if role in ROLES]
            context["demo_people"] = [{"name": name, "about": ABOUT[role]} for name, role in people]
        else:
            context["nobody_yet"] = not get_user_model().objects.filter(is_active=True).exists()
        return context
