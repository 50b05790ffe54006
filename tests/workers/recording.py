"""A network that opens nothing: what tests of where deliveries go are recorded with."""

import ssl
from datetime import UTC, datetime
from typing import Any

import httpcore

from astrolabe.domain.webhooks.endpoint import Endpoint, EndpointConfig
from astrolabe.domain.webhooks.notification import ping
from astrolabe.store.ids import new_id
from astrolabe.store.webhooks.deliveries import LeasedDelivery
from astrolabe.store.webhooks.keys import WebhookKeys
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.relay.webhooks.sending import Answer, Sender
from tests.workers.receiver import OK

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEYS = WebhookKeys(b"k" * 32)
NAMES = {
    "rebound.example": ["8.8.8.8", "127.0.0.1"],
    "mixed.example": [("8.8.8.8", "10.0.0.7")],
    "fine.example": ["93.184.216.34"],
    "inside.example": ["192.168.1.1"],
    "metadata.example": ["169.254.169.254"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "localhost": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
    "xn--bcher-kva.example": ["fd00:ec2::254"],
    "nothing.example": [()],
    "two.example": [("2606:4700::1", "93.184.216.34")],
}


class Recorder(httpcore.AsyncMockBackend):
    """Opens nothing, and remembers where it was sent; a stream of it has these bytes to read."""

    def __init__(self, answer: bytes = OK) -> None:
        super().__init__([answer])
        self.opened: list[tuple[str, int]] = []
        self.names: list[str | None] = []

    async def connect_tcp(self, host: str, port: int, *_args: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        """Remember an address."""
        self.opened.append((host, port))
        stream, names = await super().connect_tcp(host, port), self.names

        async def start_tls(ssl_context: ssl.SSLContext, server_hostname: str | None = None, **_: Any) -> Any:
            assert ssl_context.check_hostname
            names.append(server_hostname)
            return stream

        setattr(stream, "start_tls", start_tls)  # noqa: B010  the class's own is declared, and opens TLS
        return stream


class Names:
    """Answers for names, another each time where there is more than one; addresses are themselves."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, host: str) -> tuple[str, ...]:
        """Resolve a name."""
        self.asked.append(host)
        answers: list[Any] = NAMES.get(host) or [host]
        answer = answers[min(self.asked.count(host), len(answers)) - 1]
        return (answer,) if isinstance(answer, str) else answer


def endpoint(url: str) -> Endpoint:
    """An endpoint somewhere."""
    return Endpoint(new_id(), EndpointConfig("chat", url), KEYS.id)


def message(to: Endpoint) -> LeasedDelivery:
    """A message to it."""
    message_id = new_id()
    return LeasedDelivery(to.endpoint_id, message_id, 1, 0, ping(message_id, to.endpoint_id, NOW))


async def attempt(url: str, network: Recorder, names: Names | None = None, **settings: Any) -> Answer:
    """Attempt a ping to a URL over a network that opens nothing."""
    to = endpoint(url)
    sender = Sender(WebhookSettings(**settings), KEYS, network=network, resolver=names or Names())
    return await sender.send(to, message(to))
