"""The ASGI entry point that uvicorn serves."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# Only the web process shares connections between requests, so only it uses a pool (settings.py asks for this name).
os.environ.setdefault("HOLDPOINT_PROCESS", "web")

django_application = get_asgi_application()

from console.bodylimit import BodyLimit  # noqa: E402  (only now are the models loaded)
from console.opening import Opening  # noqa: E402
from console.reference import warming  # noqa: E402

application = BodyLimit(
    Opening(django_application),
    most=settings.HOLDPOINT["MAX_REQUEST_BYTES"],
    of_strangers=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    session_cookie=settings.SESSION_COOKIE_NAME,
)
warming.begin()
