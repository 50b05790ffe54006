"""Every page of the console at both sizes, light and dark: nobody is kept out, and nothing runs out of sight."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades import events as e
from tests.api.test_audit import KEY, sign
from tests.api.test_gate import RELEASES, know
from tests.api.test_server import Running
from tests.domain import samples
from tests.page.axe import serious
from tests.page.visiting import SCHEMES, SIZES, go, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDE = "an-instance-with-a-long-name"


async def furnish(running: Running) -> dict[str, str]:
    """Record one of each that pages show; the places to look at, by what is there, each with a heading to wait for."""
    house = running.house
    upgraded = await house.register()
    upgrade_id = await house.request()
    await house.tell(upgraded, upgrade_id, *samples.SUCCEEDED[2:])
    failed = await house.register(name=WIDE)
    refused = await house.request(WIDE)
    problem = Problem("disk-full", "There is no space: " + "x" * 120, ("df: /srv 100 %",), "Make some.")
    await house.tell(failed, refused, e.StepStarted(refused, 1, "preflight", "local:1", 1))
    await house.tell(failed, refused, e.UpgradeRefused(refused, problem, datetime.now(UTC)))
    await house.register(name="blog")
    know(house, release=RELEASES)
    await sign(house, KEY)
    return {
        "#/": "Needs you · 1",
        "#/instances/flags": "The way back",
        f"#/upgrades/{upgrade_id}": "What happened",
        f"#/upgrades/{refused}": "What happened",
        "#/instances/blog/upgrade": "Plan an upgrade of blog",
        "#/upgrades": "Upgrades",
        "#/audit": "Take it away",
        "#/audit/0": "Is it so?",
        "#/webhooks": "Webhooks",
        "#/tokens": "Tokens",
    }


async def look(page: Page, place: str, heading: str) -> None:
    """Go to a place, and wait until it is there."""
    await go(page, place)
    await expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


async def opened(browser: Browser, size: ViewportSize, scheme: str) -> Page:
    """A tab of a size and a scheme."""
    dark = scheme == "dark"
    context = await browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    return await context.new_page()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_page_keeps_anybody_out(browser: Browser, running: Running, axe: str, scheme: str) -> None:
    """Nothing that axe calls serious is found, and at neither size anything has to be scrolled to sideways."""
    places = await furnish(running)
    for name, size in SIZES.items():
        page = await opened(browser, size, scheme)
        await sign_in(page, running)
        for place, heading in places.items():
            await look(page, place, heading)
            assert await serious(page, axe) == [], (place, name)
            assert await page.evaluate(SIDEWAYS) <= 0, (place, name)
        await look(page, "#/tokens", "Tokens")
        await page.get_by_role("button", name="Make").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await serious(page, axe) == [], ("the form", name)
        await page.context.close()


async def test_all_is_reached_by_keyboard(page: Page, running: Running) -> None:
    """Signing in, going to a page, opening a form and leaving it again; the focus comes back to where it was."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/")
    await page.keyboard.type(running.house.secrets["admin"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    await page.get_by_role("link", name="Tokens").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Tokens")).to_be_visible()
    make = page.get_by_role("button", name="Make")
    await make.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(make).to_be_focused()
