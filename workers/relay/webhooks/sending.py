"""Sending: one attempt, from the URL to what was answered."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

import httpcore
from msgspec import Struct

from astrolabe.domain.webhooks.endpoint import Endpoint
from astrolabe.domain.webhooks.notification import encode
from astrolabe.domain.webhooks.web_address import Forbidden, WebAddress, parse_url
from astrolabe.store.resolving import resolve
from astrolabe.store.webhooks.deliveries import LeasedDelivery
from astrolabe.store.webhooks.keys import WebhookKeys
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.connecting import Checked, Resolve, anyio_network, host_of, tls, url_of

MOST_SAID: Final = 1024
"""How much of an answer is kept, in bytes."""

CONNECT_SECONDS: Final = 5.0
"""How long one address of a host may take to answer, before its next one is tried."""

AGENT: Final = f"Astrolabe/{version('astrolabe-upgrades')}"
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Answer(Struct, frozen=True):
    """What came of an attempt; status is None where no answer came, and `response` then says why."""

    at: datetime
    latency_ms: int
    status: int | None
    response: str
    retry_after: timedelta | None = None


class Sender:
    """Makes attempts; every one opens a connection of its own, so every one is checked."""

    def __init__(
        self,
        settings: WebhookSettings,
        keys: WebhookKeys,
        *,
        network: httpcore.AsyncNetworkBackend | None = None,
        resolver: Resolve = resolve,
    ) -> None:
        self._settings: WebhookSettings = settings
        self._keys: WebhookKeys = keys
        self._network: httpcore.AsyncNetworkBackend = network or anyio_network()
        self._resolve: Resolve = resolver
        self._tls: Final = tls()

    async def send(self, endpoint: Endpoint, delivery: LeasedDelivery) -> Answer:
        """Attempt a delivery once, within the deadline; never raises for what an endpoint does."""
        at, started = datetime.now(UTC), time.monotonic()
        status, response, wish = None, "", None
        deadline = self._settings.deadline.total_seconds()
        try:
            async with asyncio.timeout(deadline), self._answered(endpoint, delivery, at) as answer:
                # The status is the answer: a body that breaks off, or never ends, changes it no more.
                status, wish = answer.status, retry_after(answer, at)
                response = await _beginning(answer)
        except Forbidden as error:
            response = str(error)
        except TimeoutError:
            response = f"No {'end of the answer' if status else 'answer'} within {deadline:g} s."
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            response = f"{type(error).__name__}: {error}"
        return Answer(at, round((time.monotonic() - started) * 1000), status, printable(response), wish)

    @asynccontextmanager
    async def _answered(
        self, endpoint: Endpoint, delivery: LeasedDelivery, at: datetime
    ) -> AsyncGenerator[httpcore.Response]:
        address, body = parse_url(endpoint.config.url), encode(delivery.notification)
        headers = self._headers(endpoint, delivery, at, address, body)
        backend = Checked(address, self._settings.allowed, self._network, self._resolve)
        async with httpcore.AsyncHTTPConnection(
            url_of(address).origin, ssl_context=self._tls, network_backend=backend
        ) as connection:
            patience = min(CONNECT_SECONDS, self._settings.deadline.total_seconds() / 2)
            request = httpcore.Request(
                "POST",
                url_of(address),
                headers=headers,
                content=body,
                extensions={"timeout": {"connect": patience}},
            )
            yield await connection.handle_async_request(request)

    def _headers(
        self, endpoint: Endpoint, delivery: LeasedDelivery, at: datetime, address: WebAddress, body: bytes
    ) -> dict[str | bytes, str | bytes]:
        timestamp = int(at.timestamp())
        generations = endpoint.generations(at)
        return {
            "Host": host_of(address),
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "Content-Length": str(len(body)),
            "User-Agent": AGENT,
            "Accept": "*/*",
            "Connection": "close",
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": self._keys.sign(
                endpoint.endpoint_id, generations, delivery.message_id, timestamp, body
            ),
        }


def printable(text: str) -> str:
    """Make a foreign text fit to be kept and shown: one line that steers no terminal."""
    return _STEERING.sub(" ", text).strip()[:MOST_SAID]


def retry_after(answer: httpcore.Response, now: datetime) -> timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3); None where there is none, or none that can be read."""
    said = [value.decode("latin-1").strip() for name, value in answer.headers if name.lower() == b"retry-after"]
    text = said[0] if said else ""
    if text.isdigit() and text.isascii():
        return timedelta(seconds=int(text[:9]))
    try:
        moment = parsedate_to_datetime(text)
        return max(moment.replace(tzinfo=moment.tzinfo or UTC) - now, timedelta())
    except (ValueError, OverflowError):
        return None


async def _beginning(answer: httpcore.Response) -> str:
    found = b""
    async for chunk in answer.aiter_stream():
        found += chunk[: MOST_SAID - len(found)]
        if len(found) >= MOST_SAID:
            break
    return found.decode("utf-8", "replace")
