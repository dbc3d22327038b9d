"""Where PostgreSQL and Valkey are: in the environment, or in the note of the running stack."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import Connection, Error, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from console.stack.home import Home

NO_DATABASE = "console.stack.nodatabase"
"""Django's engine where nobody has named a database and no stack is running."""
NO_STACK = "stack-is-not-running.sock"
"""Name of the socket that stands for a broker nobody has named; it is never there."""
WEB_POOL = {
    "min_size": 1,
    "max_size": 16,
    "timeout": 5,
    # Attempts to connect wait longer and longer: begun anew every two seconds, they find a database that is back.
    "reconnect_timeout": 2,
}


def database(home: Home, process: str) -> dict[str, Any]:
    """Return Django's settings of the one database.

    Args:
        home: whose note is read when DATABASE_URL is not set.
        process: "web" shares connections through a pool; everything else (worker, command) keeps one per thread.

    Raises ImproperlyConfigured for a DATABASE_URL that is not PostgreSQL's. With no database known at all the settings
    still load, and the first query says what to do, so that `check`, `help` and `makemigrations` work anywhere.
    """
    url = os.environ.get("DATABASE_URL", "").strip() or home.read_note().get("database_url", "")
    common: dict[str, Any] = {
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0 if process == "web" else None,
    }
    if not url:
        return {"ENGINE": NO_DATABASE, "NAME": "holdpoint", **common}
    parts = _parse(url)
    options: dict[str, Any] = {"application_name": f"holdpoint-{process}", "connect_timeout": 5}
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options |= {key: value for key, value in parts.items() if key not in known.values()}
    if process == "web":
        options["pool"] = {**WEB_POOL, "check": check_connection}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{setting: str(parts.get(key, "")) for setting, key in known.items()},
        "OPTIONS": options,
        **common,
    }


def check_connection(candidate: Connection[Any]) -> None:
    """Go on only if a connection of the pool works; if it does not, look at all that lie idle.

    A restart or a failover breaks them all at once. The pool itself would meet them one by one, wait a second and twice
    as long each time, and answer requests with a timeout long after the database is back.

    Args:
        candidate: the connection that a request is about to get.

    Raises:
        psycopg.Error: it is broken; the pool throws it away and tries the next one.
    """
    try:
        ConnectionPool.check_connection(candidate)
    except Error:
        from django.db import connection  # settings are read before connections can be

        connection.pool.check()
        raise


def redis_url(home: Home) -> str:
    """Return the URL of Valkey or Redis as redis-py reads it: `redis://`, `rediss://` or `unix:///path`.

    Without REDIS_URL and without a running stack it is the socket where the stack of this home would listen, so that
    the first command to it fails with that path in the message.
    """
    url = os.environ.get("REDIS_URL", "").strip() or home.read_note().get("redis_url", "")
    if not url:
        return f"unix://{home.path}/{NO_STACK}"
    if url.split("://")[0] not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    return url


def celery_broker(url: str) -> str:
    """Return the same address as kombu spells it: a Unix socket is `redis+socket://` there."""
    return "redis+socket://" + url.removeprefix("unix://") if url.startswith("unix://") else url


def _parse(url: str) -> dict[str, Any]:
    if "://" in url and url.split("://")[0] not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://. PostgreSQL is the only database.")
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {str(error).strip()}") from None


def broker_options(process: str) -> dict[str, Any]:
    """Return kombu's options for the Redis transport.

    A worker blocks on the queue a second at a time, far below its socket timeout (redis-py's own default must not
    decide). Everyone else only publishes hints, and must not wait for a broker that is down: one attempt of a
    fifth of a second.
    """
    patience = 5.0 if process == "worker" else 0.2
    return {
        "global_keyprefix": "holdpoint:",
        "socket_timeout": patience,
        "socket_connect_timeout": min(patience, 1.0),
        "socket_keepalive": True,
        "health_check_interval": 10,
        "retry_on_timeout": False,
        "max_retries": 0,
        "priority_steps": list(range(10)),
        "queue_order_strategy": "priority",
        # What a worker takes is not written down in Redis until it is acknowledged, which is at once: two round trips
        # for a hint. The sweeper misses a message that died with its worker long before kombu would look for it.
        "ack_emulation": False,
    }


def oidc_provider(issuer: str, *, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """Return allauth's settings of the one OpenID Connect provider; none without an issuer.

    Args:
        issuer: its address, below which `/.well-known/openid-configuration` is.
        name: what the button says.
        client_id: under which it knows this installation.
        secret: that goes with it.

    Raises ImproperlyConfigured for an issuer without a client.
    """
    if not issuer:
        return {}
    if not client_id or not secret:
        raise ImproperlyConfigured(
            "HOLDPOINT_OIDC_ISSUER needs HOLDPOINT_OIDC_CLIENT_ID and HOLDPOINT_OIDC_CLIENT_SECRET as well."
        )
    app = {
        "provider_id": "oidc",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
