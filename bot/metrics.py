"""What Prometheus may ask: this process's own counts, and the ledger's, which speak for all."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.ledger import Busy, Ledger

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_GAUGES = (
    ("waiting", "waiting_changes", "Open changes whose review has not begun."),
    ("running", "running_reviews", "Reviews that run now."),
    ("dead", "dead_letters", "Open changes that were given up after too many attempts."),
    ("commands", "waiting_commands", "Comments that nobody has dealt with."),
    ("oldest_seconds", "oldest_unreviewed_seconds", "Age of the oldest unreviewed head."),
)
# Shown as 0 until it happens: an alarm on what is not there yet would never go off.
_COUNTED = ("reconciler_found", "webhooks_asked_for_again")
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one receiver."""

    def __init__(self, ledger: Ledger) -> None:
        self._registry = CollectorRegistry()
        self._deliveries = Counter(
            "redline_deliveries",
            "Webhooks by what was answered.",
            ("forge", "answer"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "redline_delivery_seconds",
            "How long a webhook took to be answered.",
            ("forge",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._registry.register(_Shared(ledger))

    def answered(self, forge: str, answer: str, seconds: float) -> None:
        """Count one webhook."""
        self._deliveries.labels(forge, answer).inc()
        self._seconds.labels(forge).observe(seconds)

    def text(self) -> bytes:
        """All of it as Prometheus reads it; asks the ledger, so not for the event loop."""
        return generate_latest(self._registry)


class _Shared(Collector):
    """The ledger's figures, read at each scrape: they are the same in every process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def describe(self) -> list[Metric]:
        """Nothing beforehand: registering must not need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Gauges, and what all processes count together (``reconciler_found_total`` ...)."""
        try:
            gauges, counts = self._ledger.gauges(), self._ledger.counts()
        except Busy:
            yield GaugeMetricFamily("redline_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("redline_database_up", "Whether the database answers.", value=1)
        for field, name, words in _GAUGES:
            yield GaugeMetricFamily(f"redline_{name}", words, value=getattr(gauges, field))
        for name, value in sorted((dict.fromkeys(_COUNTED, 0) | counts).items()):
            yield CounterMetricFamily(f"redline_{name}", "Counted by all processes.", value=value)
