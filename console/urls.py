"""Every address of the console and the API, one line each."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from console import health
from console.api.v1 import api
from console.pages.sign_in import SignInView

urlpatterns = [
    path("", RedirectView.as_view(url="/executions"), name="home"),
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("console.pages.urls")),
]

handler500 = "console.errors.server_error"
