"""Announcing: posts each checkpoint to an address outside, so that those who are audited cannot rewrite it."""

import asyncio
import logging

import httpx

from astrolabe.workers.backoff import pauses

LOG = logging.getLogger("astrolabe.announcing")

DEADLINE_SECONDS = 10.0
PAUSE_SECONDS = (1.0, 60.0)
"""How long it rests after a failure: at first, and at the most."""


class Announcer:
    """One address. It is always sent the newest checkpoint: whatever it missed meanwhile, that one stands over too."""

    def __init__(self, url: str, pause_seconds: tuple[float, float] = PAUSE_SECONDS) -> None:
        self._url: httpx.URL = httpx.URL(url)
        self._pause_seconds: tuple[float, float] = pause_seconds
        self._newest: str = ""
        self._due: asyncio.Event = asyncio.Event()

    def announce(self, note: str) -> None:
        """Let a checkpoint be posted; one that was not posted yet is passed over."""
        self._newest = note
        self._due.set()

    async def run(self) -> None:
        """Post for ever, and again what did not arrive."""
        waits = pauses(*self._pause_seconds)
        async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as http:
            while True:
                await self._due.wait()
                self._due.clear()
                if why := await self._post(http):
                    # No more of the address: a part of it may be a secret.
                    LOG.error("the checkpoint did not reach %s: %s", self._url.host, why)
                    self._due.set()
                    await asyncio.sleep(next(waits))
                else:
                    waits = pauses(*self._pause_seconds)

    async def _post(self, http: httpx.AsyncClient) -> str | None:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        request = http.stream("POST", self._url, content=self._newest.encode(), headers=headers)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), request as answer:
                # A redirect is no success: the operator names the place, and nobody else does.
                return None if answer.is_success else f"it answered {answer.status_code}"
        except (httpx.HTTPError, TimeoutError) as error:
            return type(error).__name__
