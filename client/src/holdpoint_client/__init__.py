"""The terminal client of Holdpoint. It knows the HTTP API and nothing of the server behind it."""

__version__ = "0.1.0"
