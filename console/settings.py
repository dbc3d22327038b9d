"""All settings. Everything that differs between places comes from the environment (docs/reference/settings)."""

import logging
import os
from datetime import timedelta
from typing import Any

from django.utils.csp import CSP

from console.logs import logging_settings
from console.stack import environment, services
from console.stack.home import PROJECT, Home

BASE_DIR = PROJECT
HOLDPOINT_HOME = Home.from_environment()
HOLDPOINT_PROCESS = os.environ.get("HOLDPOINT_PROCESS", "command")
HOLDPOINT_DEMO = environment.flag("HOLDPOINT_DEMO", default=bool(HOLDPOINT_HOME.read_note().get("demo")))

DEBUG = environment.flag("HOLDPOINT_DEBUG")
SECRET_KEY = environment.secret("HOLDPOINT_SECRET_KEY", least=32) or HOLDPOINT_HOME.secret("secret_key")
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.names("CSRF_TRUSTED_ORIGINS", "")

# What the engine may be tuned by. The defaults hold the promises of docs/concepts/engine.
HOLDPOINT: dict[str, Any] = {
    "LEASE_SECONDS": environment.number("HOLDPOINT_LEASE_SECONDS", 10.0, minimum=1, maximum=3600),
    "HEARTBEAT_SECONDS": environment.number("HOLDPOINT_HEARTBEAT_SECONDS", 2.5, minimum=0.1, maximum=600),
    "SWEEP_SECONDS": environment.number("HOLDPOINT_SWEEP_SECONDS", 1.0, minimum=0.05, maximum=60),
    "TIME_SLICE_SECONDS": environment.number("HOLDPOINT_TIME_SLICE_SECONDS", 10.0, minimum=0.1, maximum=3600),
    "MAX_PAYLOAD_BYTES": environment.number("HOLDPOINT_MAX_PAYLOAD_BYTES", 256 * 1024, minimum=1024),
    "MAX_FILE_BYTES": environment.number("HOLDPOINT_MAX_FILE_BYTES", 5 * 1024 * 1024, minimum=1024),
    "MAX_CHILDREN": environment.number("HOLDPOINT_MAX_CHILDREN", 10_000, minimum=1, maximum=1_000_000),
    "MAX_BULK_RUNS": environment.number("HOLDPOINT_MAX_BULK_RUNS", 20_000, minimum=1, maximum=200_000),
    "MAX_BULK_JOBS": environment.number("HOLDPOINT_MAX_BULK_JOBS", 20, minimum=1, maximum=1000),
    "MAX_STREAMS": environment.number("HOLDPOINT_MAX_STREAMS", 50, minimum=1, maximum=10_000),
    "MAX_FILES": environment.number("HOLDPOINT_MAX_FILES", 200, minimum=1, maximum=10_000),
    "MAX_REQUEST_BYTES": environment.number("HOLDPOINT_MAX_REQUEST_BYTES", 128 * 1024 * 1024, minimum=1024 * 1024),
    "MAX_REASON_LENGTH": environment.number("HOLDPOINT_MAX_REASON_LENGTH", 2000, minimum=20, maximum=100_000),
    "WORKFLOWS": environment.names("HOLDPOINT_WORKFLOWS", "workflows"),
    "NOTIFY": environment.targets("HOLDPOINT_NOTIFY", plain=environment.flag("HOLDPOINT_NOTIFY_PLAIN")),
    "PUBLIC_URL": environment.origin("HOLDPOINT_PUBLIC_URL", f"http://localhost:{os.environ.get('PORT', '8000')}"),
    "DECISION_LINK_DAYS": environment.number("HOLDPOINT_DECISION_LINK_DAYS", 7.0, minimum=0.001, maximum=90),
    "WEBHOOK_ALLOW": environment.own_networks("HOLDPOINT_WEBHOOK_ALLOW"),
    "WEBHOOK_TIMEOUT_SECONDS": environment.number("HOLDPOINT_WEBHOOK_TIMEOUT_SECONDS", 15.0, minimum=1, maximum=30),
    "WEBHOOK_THREADS": environment.number("HOLDPOINT_WEBHOOK_THREADS", 4, minimum=1, maximum=64),
    "WEBHOOK_KEEP_DAYS": environment.number("HOLDPOINT_WEBHOOK_KEEP_DAYS", 30, minimum=4, maximum=3650),
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "django_structlog",
    "pgtrigger",
    "executions",
    "console",
    *environment.django_apps(HOLDPOINT["WORKFLOWS"]),
]

MIDDLEWARE = [
    "console.observing.ObservingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "console.errors.ErrorMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "console.observing.LogMiddleware",
    "console.methods.MethodsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.appearance.AppearanceMiddleware",
    "console.required_factor.RequiredFactorMiddleware",
]

ROOT_URLCONF = "console.urls"
ASGI_APPLICATION = "console.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*environment.folder("HOLDPOINT_TEMPLATES"), BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Services
DATABASES = {"default": services.database(HOLDPOINT_HOME, HOLDPOINT_PROCESS)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = services.redis_url(HOLDPOINT_HOME)

# Language and time: one zone everywhere; a person's own zone is a matter of the page.
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False  # one language; looking up translations that do not exist took a twentieth of a page's time

# Static files. STATIC_FINDERS serves the sources as they are (development, tests); else `collectstatic` hashes them.
STATIC_FINDERS = environment.flag("HOLDPOINT_STATIC_FINDERS", default=DEBUG)
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
SERVESTATIC_USE_FINDERS = STATIC_FINDERS
SERVESTATIC_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files live in the database, none on disk
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_FINDERS
        else "servestatic.storage.CompressedManifestStaticFilesStorage",
    },
}

# Uploads: a request may carry every allowed file and a little for the form around them.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = HOLDPOINT["MAX_PAYLOAD_BYTES"] * 4
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = HOLDPOINT["MAX_FILES"]

# Sign-in (allauth): name or email with a password. Nobody signs up by himself.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "console.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/executions"
# Second factors (allauth.mfa): codes of an app, passkeys, recovery codes. A passkey alone signs in too.
HOLDPOINT_REQUIRE_MFA = environment.one_of("HOLDPOINT_REQUIRE_MFA", ("none", "admins", "all"))
MFA_ADAPTER = "console.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 0  # a code of the half minute before could be used a second time
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by an administrator

# Sign-in by a company's own provider. Without an issuer there is none.
HOLDPOINT_OIDC: dict[str, Any] = {
    "ISSUER": environment.provider("HOLDPOINT_OIDC_ISSUER"),
    "NAME": os.environ.get("HOLDPOINT_OIDC_NAME", "").strip() or "single sign-on",
    "GROUPS_CLAIM": os.environ.get("HOLDPOINT_OIDC_GROUPS_CLAIM", "").strip(),
    "PROVISION": environment.flag("HOLDPOINT_OIDC_PROVISION"),
}
SOCIALACCOUNT_ADAPTER = "console.oidc.ProviderAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # the provider's own page comes in between, and a form may not lead there (CSP)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = services.oidc_provider(
    HOLDPOINT_OIDC["ISSUER"],
    name=HOLDPOINT_OIDC["NAME"],
    client_id=os.environ.get("HOLDPOINT_OIDC_CLIENT_ID", "").strip(),
    secret=os.environ.get("HOLDPOINT_OIDC_CLIENT_SECRET", "").strip(),
)

MAILERS = {"default": environment.mailer("HOLDPOINT_SMTP_URL")}
DEFAULT_FROM_EMAIL = os.environ.get("HOLDPOINT_MAIL_FROM", "").strip() or "holdpoint@localhost"

# Browser security. HOLDPOINT_HTTPS=1 when people reach the console by TLS, which a proxy ends.
HTTPS = environment.flag("HOLDPOINT_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "holdpoint_session", "holdpoint_csrf"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
}

# Celery carries messages that are hints; the rows are the truth. Source: docs/concepts/engine, Celery and Redis.
CELERY_BROKER_URL = services.celery_broker(REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = "runs"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SEND_SENT_EVENT = False
CELERY_TASK_QUEUE_MAX_PRIORITY = 10
CELERY_TASK_DEFAULT_PRIORITY = 5
CELERY_WORKER_POOL = "solo"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = services.broker_options(HOLDPOINT_PROCESS)

# What Prometheus shows at /metrics; a token of the API with metrics:read is as good while the database is there.
HOLDPOINT_METRICS_TOKEN = environment.secret("HOLDPOINT_METRICS_TOKEN", least=20)

# One line for each request, when it is answered; who asked is bound where that is found out (console/access.py).
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
DJANGO_STRUCTLOG_REQUEST_CANCELLED_LOG_LEVEL = logging.INFO  # somebody closed a page: its stream ends
LOGGING = logging_settings(json=os.environ.get("HOLDPOINT_LOG", "") == "json")
