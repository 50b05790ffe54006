"""A person before a browser of their own, who uses the console as it is served."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Locator, Page, Request, async_playwright, expect

from tests.lacking import lacks
from tests.page.axe import serious
from tests.page.conftest import FLAGS
from tests.page.visiting import SCHEMES, SIZES, go

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATIENCE_MS = 60_000
"""How long is waited for what a worker does."""

WATCH = """() => {
  window.seen = { steps: [], progress: [], down: [] };
  const note = (what, text) => text && !seen[what].includes(text) && seen[what].push(text);
  const look = () => {
    const steps = [...document.querySelectorAll("li[data-step]")].map(({ dataset }) => dataset);
    for (const { step, status } of steps) note("steps", `${step} ${status}`);
    note("progress", document.querySelector("#progress p")?.textContent);
    note("down", document.querySelector(".down-now")?.textContent);
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document.getElementById("view"), all);
}"""
"""Whatever is shown of an upgrade, however shortly, is noted once."""


@asynccontextmanager
async def browsing() -> AsyncGenerator[Browser]:
    """A real browser without a window; a machine without one skips, and CI fails."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        lacks("no browser; on Debian: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


class Visitor:
    """One person, signed in; nothing may be asked of another host, and no script may fail."""

    def __init__(self, page: Page, origin: str, axe: str, size: str, scheme: str) -> None:
        self.page = page
        self.asked: list[str] = []
        """The paths that were asked for, in order."""
        self._origin = origin
        self._axe = axe
        self._size = size
        self._scheme = scheme
        self._faults: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self._faults.append(str(error)))
        page.on("request", self._hear)

    @classmethod
    @asynccontextmanager
    async def signed_in(
        cls, browser: Browser, origin: str, secret: str, axe: str, *, size: str, scheme: str
    ) -> AsyncGenerator["Visitor"]:
        """Open the console in a browser that shares nothing with another one's, and sign in by a token."""
        context = await browser.new_context(viewport=SIZES[size], reduced_motion="reduce")
        visitor = cls(await context.new_page(), origin, axe, size, scheme)
        await visitor.wear(size, scheme)
        await visitor.page.goto(origin)
        await visitor.page.get_by_label("Token").fill(secret)
        await visitor.page.get_by_role("button", name="Sign in").click()
        await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        yield visitor
        await context.close()
        assert not visitor._faults

    def _hear(self, request: Request) -> None:
        if request.url.startswith(self._origin):
            self.asked.append(request.url.removeprefix(self._origin))
        else:
            self._faults.append(f"asked {request.url}")

    async def wear(self, size: str, scheme: Any) -> None:
        """Hold the page at a size, light or dark."""
        await self.page.set_viewport_size(SIZES[size])
        await self.page.emulate_media(color_scheme=scheme)

    async def look(self, heading: str) -> None:
        """See that a page is there, and that at every size, light and dark, nobody is kept out of it."""
        await self.there(heading)
        for size in SIZES:
            for scheme in SCHEMES:
                await self.wear(size, scheme)
                assert await serious(self.page, self._axe) == [], (heading, size, scheme)
                assert await self.page.evaluate(SIDEWAYS) <= 0, (heading, size, scheme)
        await self.wear(self._size, self._scheme)

    async def there(self, heading: str) -> None:
        """Wait until a page, or a part of one, is there."""
        await expect(self.page.get_by_role("heading", name=heading).first).to_be_visible(timeout=PATIENCE_MS)

    async def go(self, place: str, heading: str) -> None:
        """Go to a place as a link does, and wait until it is there."""
        await go(self.page, place)
        await self.there(heading)

    async def form(self, button: str, **given: str | bool) -> Locator:
        """Open the form of a button and fill it in: a text, a choice, or a box that is checked."""
        await self.page.get_by_role("button", name=button, exact=True).click()
        form = self.page.get_by_role("dialog")
        for label, value in given.items():
            field = form.locator(f"[name={label}]")
            if value is True:
                await field.check()
            elif await field.evaluate("field => field.tagName") == "SELECT":
                await field.select_option(str(value))
            else:
                await field.fill(str(value))
        return form

    async def act(self, button: str, verb: str | None = None, **given: str | bool) -> None:
        """Fill in a form, send it off, and see that it was taken."""
        form = await self.form(button, **given)
        await form.get_by_role("button", name=verb or button, exact=True).click()
        await expect(form).to_have_count(0)

    async def watch(self) -> None:
        """Note from here on all that is shown of how far an upgrade is."""
        await self.page.evaluate(WATCH)

    async def seen(self, what: str) -> list[str]:
        """Return what was noted."""
        return await self.page.evaluate("what => seen[what]", what)
