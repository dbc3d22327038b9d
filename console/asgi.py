"""The ASGI entry point that uvicorn serves."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# Only the web process shares connections between requests, so only it uses a pool (settings.py asks for this name).
os.environ.setdefault("HOLDPOINT_PROCESS", "web")

application = get_asgi_application()
