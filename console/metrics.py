"""`/metrics` for Prometheus. What is measured, and where it comes from: executions/meters.

Never public: figures tell who works at what. A secret of its own works while the database is away, which is when
somebody wants to know; a token or session with ``metrics:read`` does while it is there.
"""

import logging
import platform
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version

import django
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from console.access import Unauthenticated, actor_of_bearer, actor_of_session, require_scope
from console.observing import name_actor
from executions.engine import broker
from executions.engine.life import own_version
from executions.errors import NotAllowed
from executions.meters import Sample
from executions.meters.catalogue import CATALOGUE, COUNTER, HISTOGRAM, PREFIX
from executions.meters.figures import figures
from executions.meters.record import fold
from executions.meters.sums import sums

logger = logging.getLogger("holdpoint.metrics")

KEPT_SECONDS = 3.0
"""However many ask, the database is asked so often."""


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every figure, in Prometheus' text format or as OpenMetrics, whichever is asked for."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    registry = CollectorRegistry()
    registry.register(Families(kept.samples()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """Return the answer for whoever may not see the figures; None for who may."""
    header = request.headers.get("Authorization", "")
    expected = f"Bearer {settings.HOLDPOINT_METRICS_TOKEN}"
    if settings.HOLDPOINT_METRICS_TOKEN and secrets.compare_digest(header.encode(), expected.encode()):
        name_actor("metrics token")
        return None
    try:
        actor = actor_of_bearer(request) or actor_of_session(request)
    except Unauthenticated as error:
        return _say(401, error.detail)
    if actor is None:
        return _say(401, "Send “Authorization: Bearer …” with HOLDPOINT_METRICS_TOKEN or a token with metrics:read.")
    try:
        require_scope(actor, "read metrics", "metrics:read")
    except NotAllowed as refusal:
        return _say(403, refusal.detail)
    return None


def _say(status: int, detail: str) -> HttpResponse:
    answer = HttpResponse(f"{detail}\n", status=status, content_type="text/plain; charset=utf-8")
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="holdpoint"'
    return answer


class Kept:
    """The last figures, for a moment. Of many who ask at once one asks the database, and all get its answer.

    Args:
        read: fetches them.
        seconds: how long they are good.
    """

    def __init__(self, read: Callable[[], list[Sample]], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = threading.Lock()
        self._samples: list[Sample] = []
        self._until = float("-inf")

    def samples(self) -> list[Sample]:
        """Return the figures, at most so old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._samples = self._read()
                self._until = time.monotonic() + self._seconds
            return self._samples

    def forget(self) -> None:
        """Have them read anew the next time."""
        self._until = float("-inf")


def read() -> list[Sample]:
    """Return every figure; without those of the database while it is away."""
    carrier = broker.look()
    found = [
        Sample("build_info", (own_version(), platform.python_version(), django.get_version(), version("celery")), 1),
        Sample("broker_up", (), float(carrier.answers)),
    ]
    if carrier.answers:
        found += [
            Sample("broker_round_trip_seconds", (), carrier.seconds),
            Sample("broker_messages", (), carrier.messages),
            Sample("broker_listeners", (), carrier.listeners),
        ]
    try:
        fold()
        told = [*figures(), *sums()]
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Figures without those of the database: %s", str(error).strip().partition("\n")[0][:200])
        return [*found, Sample("database_up", (), 0)]
    return [*found, Sample("database_up", (), 1), *told]


kept = Kept(read, KEPT_SECONDS)


class Families(Collector):
    """Samples as Prometheus' library writes them.

    Args:
        samples: of measures in the catalogue, in any order.
    """

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = list(samples)

    def collect(self) -> Iterator[Metric]:
        """Return one family for each measure, with its samples."""
        for name, metric in CATALOGUE.items():
            mine = [sample for sample in self._samples if sample.name == name]
            family = _family(name)
            for sample in mine:
                if metric.kind == HISTOGRAM:
                    family.add_metric(sample.labels, cumulative(metric.buckets, sample.buckets), sample.value)
                else:
                    family.add_metric(sample.labels, sample.value)
            if mine:
                yield family


def _family(name: str) -> Metric:
    metric = CATALOGUE[name]
    kind = {COUNTER: CounterMetricFamily, HISTOGRAM: HistogramMetricFamily}.get(metric.kind, GaugeMetricFamily)
    return kind(PREFIX + name, metric.help, labels=metric.labels)


def cumulative(bounds: tuple[float, ...], buckets: tuple[int, ...]) -> list[tuple[str, float]]:
    """Return bounds with how many observations are at or below each, as Prometheus wants them."""
    found, so_far = [], 0
    for bound, count in zip([*map(str, bounds), "+Inf"], buckets, strict=True):
        so_far += count
        found.append((bound, float(so_far)))
    return found
