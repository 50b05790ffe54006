"""Visiting the console: what it shows, and how tests and pictures come to it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Page, ViewportSize, expect

from astrolabe.store.database import Database
from astrolabe.store.views.projector import Projector
from astrolabe.store.webhooks.settings import WebhookSettings
from tests.api.test_server import Running, serving

SIZES: Final = {"desk": ViewportSize(width=1280, height=900), "phone": ViewportSize(width=390, height=844)}
SCHEMES: Final = ("light", "dark")
LOOK_SECONDS = 0.05


@asynccontextmanager
async def serving_lists(url: str, webhooks: WebhookSettings | None = None) -> AsyncGenerator[Running]:
    """Serve an application with lists that follow its log, as a relay's do."""
    async with serving(url, webhooks) as running, Database(url, pool_size=1) as database:
        projecting = asyncio.create_task(_project(Projector(database, running.house.resources.log)))
        try:
            yield running
        finally:
            projecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await projecting


async def _project(projector: Projector) -> None:
    while True:
        await projector.drain()
        await asyncio.sleep(LOOK_SECONDS)


async def sign_in(page: Page, running: Running, at: str = "", secret: str | None = None) -> None:
    """Open the console at a place, and give it a token."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/{at}")
    await page.get_by_label("Token").fill(secret or running.house.secrets["admin"])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def go(page: Page, place: str) -> None:
    """Go to another place of the console, as a link does."""
    await page.evaluate("place => { location.hash = place }", place)
