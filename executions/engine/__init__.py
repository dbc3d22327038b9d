"""The engine: PostgreSQL is the truth, Celery carries it out. See docs/concepts/engine.md."""
