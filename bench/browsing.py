"""A browser that looks at the fleet: what it asks for on the way, and for how long nothing moves while one scrolls."""

import contextlib
import shutil
from collections.abc import AsyncGenerator
from typing import Any, cast
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright, expect

from bench.fleets import Fleet

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SIZE = (1280, 900)
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((each) => each.duration)))
  .observe({ type: "longtask", buffered: true });
"""
ASKED = "performance.getEntriesByType('resource').map((each) => each.name)"
BOTTOM = "scrollY + innerHeight >= document.documentElement.scrollHeight - 2"
ENDLESS = "/changes"
"""What goes on without end."""
SCREENS = 400
"""More screens than any fleet that is measured has."""


@contextlib.asynccontextmanager
async def browsing() -> AsyncGenerator[Browser]:
    """Start Debian's Chromium without a window."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def looking(browser: Browser, fleet: Fleet) -> AsyncGenerator[Page]:
    """Sign in, and wait until the first instances are there."""
    context = await browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    page = await context.new_page()
    await page.add_init_script(WATCH)
    await page.goto(f"http://127.0.0.1:{fleet.port}/")
    await page.get_by_label("Token").fill(fleet.secret)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".row").nth(1)).to_be_visible()
    await page.reload()
    await expect(page.locator(".row").nth(1)).to_be_visible()
    yield page
    await context.close()


async def asked_for(page: Page) -> list[str]:
    """Return the paths that a load of the page asks the API for."""
    names = cast("list[str]", await page.evaluate(ASKED))
    parts = [urlsplit(name) for name in names]
    paths = (f"{each.path}?{each.query}" if each.query else each.path for each in parts)
    # A browser lists what has ended: that the page follows changes, it does not say.
    return ["/", *dict.fromkeys(path for path in paths if not path.startswith("/page/")), ENDLESS]


async def longest_task(page: Page, fleet: Fleet) -> float:
    """Scroll through the whole fleet, let it change, and scroll back; return the longest task in milliseconds.

    Zero means that none took the 50 ms from which on a browser calls a task long.
    """
    for _ in range(SCREENS):
        more = page.get_by_role("button", name="Show more")
        if await more.is_visible():
            await more.click()
        elif await page.evaluate(BOTTOM):
            break
        await _scroll(page, SIZE[1])
    await expect(page.locator(".row")).to_have_count(fleet.instances + 1)
    needs = page.locator("h1")
    before = await needs.text_content() or ""
    await fleet.change()
    await expect(needs).not_to_have_text(before)
    for _ in range(SCREENS):
        if await page.evaluate("scrollY === 0"):
            break
        await _scroll(page, -SIZE[1])
    tasks = cast("list[float]", await page.evaluate("longTasks"))
    return max(tasks, default=0.0)


async def _scroll(page: Page, pixels: int) -> None:
    await page.mouse.move(SIZE[0] / 2, SIZE[1] / 2)
    await page.mouse.wheel(0, pixels)
    await _frame(page)


async def _frame(page: Page) -> Any:
    """Wait until what was scrolled to is painted."""
    return await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
