"""How a worker confirms what it took from the queue.

kombu keeps a place taken for each message until it is confirmed. A confirmation that fails, because
the broker was restarted meanwhile, leaves its place taken for good; with all places taken the
worker waits for nothing, so that it never sees that its connection is gone either.
"""

from kombu.transport import TRANSPORT_ALIASES, redis


class QoS(redis.QoS):
    """Frees the place whatever the broker says: what it did not hear, it delivers again."""

    def ack(self, delivery_tag: str) -> None:
        """Confirm. Raises what the broker's connection raises."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except Exception:
            self._free(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give back. Raises what the broker's connection raises."""
        try:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]
        except Exception:
            self._free(delivery_tag)
            raise

    def _free(self, delivery_tag: str) -> None:
        super(redis.QoS, self).ack(delivery_tag)  # type: ignore[no-untyped-call]


class Channel(redis.Channel):
    """kombu's, with our QoS."""

    QoS = QoS


class Transport(redis.Transport):
    """kombu's, with our QoS."""

    Channel = Channel


def use() -> None:
    """Have broker URLs mean this transport: a URL cannot name one itself."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
