"""Releases: what is known of a product's versions, from its file or from the feed that it names."""

import asyncio

import httpx

from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release import Release, ReleaseError, read_feed
from astrolabe.workers.instance.failure import StepFailed

LARGEST = 1 << 20
"""How long a feed may be, in bytes."""

FEED_SECONDS = 30.0


async def releases_of(product: Product) -> tuple[Release, ...]:
    """Return the releases that are known; raises StepFailed where a feed cannot be had: what is unread may break."""
    if product.notes is None:
        return product.release
    feed = product.notes.feed
    try:
        async with asyncio.timeout(FEED_SECONDS):
            return read_feed(await _fetch(feed))
    except (httpx.HTTPError, TimeoutError) as error:
        raise _unusable(feed, f"{type(error).__name__}: {error}") from error
    except ReleaseError as error:
        raise _unusable(feed, str(error)) from None


async def _fetch(feed: str) -> bytes:
    body = b""
    async with httpx.AsyncClient(timeout=FEED_SECONDS) as http, http.stream("GET", feed) as answer:
        # A redirect is no success: the product names the place, and nobody else does.
        if not answer.is_success:
            raise ReleaseError(f"it answered {answer.status_code}")
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise ReleaseError(f"it is longer than {LARGEST:,} bytes")
    return body


def _unusable(feed: str, why: str) -> StepFailed:
    return StepFailed(
        "notes-unreadable",
        f"The release notes at {feed} cannot be used: {why}",
        todo="See that this host reaches the feed and that the feed is well formed, then retry.",
    )
