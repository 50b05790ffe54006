import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.api.test_server import Running
from tests.lacking import lacks
from tests.page.axe import axe_source
from tests.page.visiting import SIZES, serving_lists

# As root a browser has no sandbox; a test's browser speaks to nobody but the test's server.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; a machine without one skips, and CI fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        lacks("no browser; on Debian: apt-get install chromium")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A real browser without a window, shared by all tests of a session."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tab of its own, in which no script may fail, and nothing may be asked of another host."""
    context = await browser.new_context(viewport=SIZES["desk"])
    page = await context.new_page()
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", heard)
    page.on("request", lambda request: None if "127.0.0.1" in request.url else faults.append(request.url))
    yield page
    await context.close()
    assert not faults


@pytest_asyncio.fixture(loop_scope="session")
async def running(database_url: str) -> AsyncIterator[Running]:
    """A server of this test alone, with lists that follow its log."""
    async with serving_lists(database_url) as running:
        yield running


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, kept in pytest's cache from one session to the next."""
    cache = request.config.cache
    folder = cache.mkdir("axe") if cache else tmp_path_factory.mktemp("axe")
    return axe_source(Path(folder))
