"""Django's admin for people and groups: every change is on record. What has a page of the console is not there."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from console.account_facts import facts_of, group_facts, group_identity, identity_of
from executions.actors import Actor
from executions.commands.account import record_account, record_group, record_password

admin.site.site_header = admin.site.site_title = "Holdpoint administration"
admin.site.index_title = "People and groups"
for model in (User, Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    # Second factors are reset under Settings, with a reason; addresses and providers are no business of a form.
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class Recorded:
    """Writes what changed into the record, in the transaction of the change itself."""

    def facts(self, thing: Any) -> dict[str, Any]:
        """Return what the record keeps of a thing, as it is stored."""
        raise NotImplementedError

    def record(self, actor: Actor, thing: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        """Write an event about a thing."""
        raise NotImplementedError

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Remember how it was."""
        request.holdpoint_before = self.facts(type(obj).objects.get(pk=obj.pk)) if change else None
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Tell of it once its groups and permissions are stored too."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        self.record(Actor.of_user(request.user), form.instance, request.holdpoint_before, self.facts(form.instance))

    def delete_model(self, request: Any, obj: Any) -> None:
        """Tell of it before it is gone."""
        self.record(Actor.of_user(request.user), obj, self.facts(obj), None)
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        """Tell of each before they are gone."""
        for obj in queryset:
            self.record(Actor.of_user(request.user), obj, self.facts(obj), None)
        super().delete_queryset(request, queryset)  # type: ignore[misc]


@admin.register(User)
class PersonAdmin(Recorded, UserAdmin):
    """People."""

    def facts(self, thing: Any) -> dict[str, Any]:
        """Return an account's facts."""
        return facts_of(thing)

    def record(self, actor: Actor, thing: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        """Write an event about an account."""
        record_account(actor, identity_of(thing), before, after)

    @transaction.atomic  # Django's own view is not
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponseBase:
        """Tell of a password that an administrator gave."""
        person = self.get_object(request, id)
        before = person.password if person else ""
        answer: HttpResponseBase = super().user_change_password(request, id, form_url)
        if person is not None and type(person).objects.get(pk=person.pk).password != before:
            record_password(Actor.of_user(request.user), person, how="given")
        return answer


@admin.register(Group)
class RoleAdmin(Recorded, GroupAdmin):
    """Groups, which are the roles."""

    def facts(self, thing: Any) -> dict[str, Any]:
        """Return a group's facts."""
        return group_facts(thing)

    def record(self, actor: Actor, thing: Any, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        """Write an event about a group."""
        record_group(actor, group_identity(thing), before, after)
