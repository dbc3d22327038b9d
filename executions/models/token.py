"""API tokens: stored as a hash, never able to do more than their owner."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class ApiToken(models.Model):
    """A bearer token of one person."""

    name = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.TextField(unique=True, help_text="sha256 of the token, hexadecimal")
    scopes = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    made_with = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The token it was made with; it ends with that one at the latest",
    )

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}"
