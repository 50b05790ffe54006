"""A link that a person is sent opens the page of what it is about."""

import pytest
from playwright.async_api import Page, expect

from astrolabe.domain.notices.notice import page_link
from tests.api.test_server import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_link_opens_the_upgrade_and_a_link_of_no_upgrade_the_instance(page: Page, running: Running) -> None:
    """As it stands in a message, for somebody who has yet to sign in."""
    house, public_url = running.house, f"http://127.0.0.1:{running.server.port}"
    instance_id = await house.register()
    upgrade_id = await house.request()
    registered, requested = (await house.resources.instances.load(instance_id)).history[:2]
    assert page_link(public_url, requested).endswith(upgrade_id)
    await page.goto(page_link(public_url, requested))
    await page.get_by_label("Token").fill(house.secrets["admin"])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="flags: 5.6.0 to 6.10.1")).to_be_visible()
    await page.goto(page_link(public_url, registered))
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    await expect(page.get_by_role("cell", name="from 5.6.0 to 6.10.1")).to_be_visible()
