"""Every address of the console and the API, one line each."""

from allauth.account.decorators import secure_admin_login
from allauth.socialaccount import views as socialaccount
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from console import accounts, health, metrics, oidc
from console.api.v1 import api
from console.pages import recovery_codes
from console.pages.sign_in import SignInView
from console.reference.pages import group, overview

# One sign-in for all: the admin's own form knows no limit on guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Of allauth's pages about providers only what a sign-in comes through; whose account is whose is not a form.
provider = [
    path("<slug:provider_id>/login/", oidc.login, name="openid_connect_login"),
    path("<slug:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
    path("provider/cancelled/", socialaccount.login_cancelled, name="socialaccount_login_cancelled"),
    path("provider/error/", socialaccount.login_error, name="socialaccount_login_error"),
    path("provider/signup/", accounts.given_by_an_administrator, name="socialaccount_signup"),
    path("provider/connections/", accounts.given_by_an_administrator, name="socialaccount_connections"),
]

urlpatterns = [
    path("", RedirectView.as_view(url="/executions"), name="home"),
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/email/", accounts.given_by_an_administrator),  # instead of allauth's page of the same address
    path("accounts/", include("allauth.account.urls")),
    path("accounts/", include(provider)),
    # Instead of allauth's, which answer 404 where there are no codes.
    path("settings/security/recovery-codes/", recovery_codes.codes),
    path("settings/security/recovery-codes/download/", recovery_codes.download),
    path("settings/security/", include("allauth.mfa.urls")),
    # The admin's own form would leave no line in the record.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("v1/docs", overview, name="reference"),
    path("v1/docs/<slug:slug>", group, name="reference-group"),
    path("v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("console.pages.urls")),
]

handler500 = "console.errors.server_error"
