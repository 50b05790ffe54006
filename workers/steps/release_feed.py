"""Releases: what is known of a product's versions, from its file or from the feed that it names."""

import asyncio
from collections.abc import AsyncIterable
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release import Release, ReleaseError, read_feed
from astrolabe.domain.webhooks.web_address import Forbidden, Network, parse_url
from astrolabe.workers.connecting import Checked, anyio_network, host_of, tls, url_of
from astrolabe.workers.instance.failure import StepFailed

LARGEST = 1 << 20
"""How long a feed may be, in bytes."""

FEED_SECONDS = 30.0
SUCCESS = range(200, 300)
AWAY = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError)


async def releases_of(product: Product, inside: tuple[Network, ...]) -> tuple[Release, ...]:
    """Return the releases that are known; raises StepFailed where a feed cannot be had: what is unread may break.

    A feed is read from public addresses by https, and in the networks of `inside` by either.
    """
    if product.notes is None:
        return product.release
    feed = product.notes.feed
    try:
        async with asyncio.timeout(FEED_SECONDS):
            return read_feed(await (_through_proxy(feed) if _has_proxy(feed) else _fetch(feed, inside)))
    except (*AWAY, httpx.HTTPError, TimeoutError) as error:
        raise _unusable(feed, f"{type(error).__name__}: {error}") from error
    except (ReleaseError, Forbidden) as error:
        raise _unusable(feed, str(error)) from None


async def _fetch(feed: str, inside: tuple[Network, ...]) -> bytes:
    address = parse_url(feed)
    backend = Checked(address, inside, anyio_network(), setting="worker_allow")
    context = tls() if address.scheme == "https" else None
    origin = url_of(address).origin
    async with httpcore.AsyncHTTPConnection(origin, ssl_context=context, network_backend=backend) as connection:
        headers: dict[str | bytes, str | bytes] = {
            "Host": host_of(address),
            "Accept": "application/json",
            "Connection": "close",
        }
        answer = await connection.handle_async_request(httpcore.Request("GET", url_of(address), headers=headers))
        return await _whole(answer.status, answer.aiter_stream())


async def _through_proxy(feed: str) -> bytes:
    # The proxy of the host's owner says where anybody may go, and resolves the name.
    async with httpx.AsyncClient(timeout=FEED_SECONDS) as http, http.stream("GET", feed) as answer:
        return await _whole(answer.status_code, answer.aiter_bytes())


async def _whole(status: int, parts: AsyncIterable[bytes]) -> bytes:
    # A redirect is no success: the product names the place, and nobody else does.
    if status not in SUCCESS:
        raise ReleaseError(f"it answered {status}")
    body = b""
    async for part in parts:
        body += part
        if len(body) > LARGEST:
            raise ReleaseError(f"it is longer than {LARGEST:,} bytes")
    return body


def _has_proxy(feed: str) -> bool:
    parts, proxies = urlsplit(feed), getproxies()
    return bool(proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(parts.hostname or "")


def _unusable(feed: str, why: str) -> StepFailed:
    return StepFailed(
        "notes-unreadable",
        f"The release notes at {feed} cannot be used: {why}",
        todo="See that this host reaches the feed and that the feed is well formed, then retry.",
    )
