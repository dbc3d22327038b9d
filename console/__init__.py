"""Every door for people and programs: pages, API, settings, the embedded stack. Holds no rules and no SQL."""

from console.celery import app as celery_app

__all__ = ["celery_app"]
