"""Every address of the console and the API, one line each."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from console import accounts, health
from console.api.v1 import api
from console.pages.sign_in import SignInView

# One sign-in for all: the admin's own form knows no limit on guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(url="/executions"), name="home"),
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/email/", accounts.given_by_an_administrator),  # instead of allauth's page of the same address
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("console.pages.urls")),
]

handler500 = "console.errors.server_error"
