"""Forms, filled in and sent off: what they say can be typed, and what the log holds of them afterwards."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from astrolabe.domain.streams import WEBHOOKS_STREAM
from astrolabe.store.webhooks.deliveries import Outcome
from astrolabe.store.webhooks.fan_out import FanOut
from astrolabe.store.webhooks.settings import WebhookSettings
from tests.api.house import bearer
from tests.api.test_server import Running
from tests.page.visiting import serving_lists, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "http://127.0.0.1:9000/hook"


@pytest_asyncio.fixture(loop_scope="session")
async def running(database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A server that may send to this machine."""
    settings = WebhookSettings(tmp_path / "keys" / "webhooks", (ip_network("127.0.0.0/8"),))
    async with serving_lists(database_url, settings) as running:
        yield running


async def form(page: Page, button: str, **given: str) -> Locator:
    """Open a form and fill it in."""
    await page.get_by_role("button", name=button, exact=True).click()
    opened = page.get_by_role("dialog")
    for name, value in given.items():
        await opened.locator(f"[name={name}]").fill(value)
    return opened


async def send(opened: Locator, verb: str) -> None:
    """Send a form off, and see that it was taken."""
    await opened.get_by_role("button", name=verb, exact=True).click()
    await expect(opened).to_have_count(0)


async def failed_delivery(running: Running) -> None:
    """Let an event be sent to the endpoint, and given up."""
    house = running.house
    deliveries = house.resources.deliveries
    await house.register()
    await house.place()
    await FanOut(deliveries._database, house.resources.log).drain()
    endpoint = (await house.resources.webhooks.current()).find("chat")
    (taken,) = await deliveries.take(endpoint, 1, house.resources.webhook_settings.lease)
    assert await deliveries.finish(taken, Outcome("failed", datetime.now(UTC), 500, 12, "no"))


async def test_a_webhook_is_added_rotated_and_removed(page: Page, running: Running) -> None:
    """Each by its form, with the command that does the same; who did it and why is in the log."""
    await sign_in(page, running, "#/webhooks")
    opened = await form(page, "Add", name="chat", url=URL, types="astrolabe.upgrade.succeeded", reason="the team")
    typed = f"astrolabe webhook add chat {URL} --type astrolabe.upgrade.succeeded --reason 'the team'"
    await expect(opened.locator("pre")).to_have_text(typed)
    await send(opened, "Add")
    await page.get_by_role("link", name="chat").click()
    await page.get_by_role("button", name="Show the secret").click()
    await expect(page.locator(".command")).to_contain_text("whsec_")
    before = await page.locator(".command").inner_text()
    opened = await form(page, "Rotate the secret", overlap_hours="1", reason="somebody left")
    await expect(opened.locator("pre")).to_contain_text("rotate chat --overlap-hours 1 --reason 'somebody left'")
    await send(opened, "Rotate the secret")
    await expect(page.locator(".command")).not_to_have_text(before)
    await send(await form(page, "Remove", reason="another chat"), "Remove")
    await expect(page.get_by_text("Nobody is notified of anything yet.")).to_be_visible()
    history = await running.house.resources.log.read_stream(WEBHOOKS_STREAM)
    assert [(type(each.event).__name__, each.cause.actor, each.cause.reason) for each in history] == [
        ("EndpointAdded", "admin", "the team"),
        ("SecretRotated", "admin", "somebody left"),
        ("EndpointRemoved", "admin", "another chat"),
    ]


async def test_what_was_given_up_is_sent_again(page: Page, running: Running) -> None:
    """One delivery, and then all that failed; while an endpoint is disabled nothing is sent to it."""
    added = {"name": "chat", "url": URL, "reason": "the team"}
    assert (await running.house.client.post("/webhooks", json=added)).status_code == 201
    await failed_delivery(running)
    await sign_in(page, running, "#/webhooks/chat")
    state = page.locator("tbody .status")
    await expect(state).to_have_text("failed")
    await send(await form(page, "Send again"), "Send again")
    await expect(state).to_have_text("pending")
    await send(await form(page, "Disable", reason="it is moved"), "Disable")
    await expect(page.locator("h1 .status")).to_have_text("disabled")
    await send(await form(page, "Enable", reason="it was moved"), "Enable")
    await expect(page.get_by_role("button", name="Disable", exact=True)).to_be_visible()
    await send(await form(page, "Send again what failed"), "Send again what failed")


async def test_a_token_is_made_shown_once_and_revoked(page: Page, running: Running) -> None:
    """Its secret is good for what was checked and for nothing else, until it is revoked."""
    house = running.house
    await sign_in(page, running, "#/tokens")
    opened = await form(page, "Make", name="phone", days="7", reason="for the train")
    await opened.get_by_label("read: see everything but secrets").check()
    await expect(opened.locator("pre")).to_have_text("astrolabe token create phone --scope read --expires-in 7")
    await send(opened, "Make")
    secret = await page.locator(".card.good .command").inner_text()
    assert (await house.anyone.get("/fleet", headers=bearer(secret))).status_code == 200
    assert (await house.anyone.get("/tokens", headers=bearer(secret))).status_code == 403
    await page.reload()
    row = page.get_by_role("row").filter(has_text="phone")
    await expect(row).to_contain_text("read")
    await expect(page.get_by_text(secret)).to_have_count(0)
    await row.get_by_role("button", name="Revoke").click()
    opened = page.get_by_role("dialog", name="Revoke phone")
    await opened.get_by_label("Why").fill("lost it")
    await send(opened, "Revoke")
    await expect(row).to_have_count(0)
    assert (await house.anyone.get("/fleet", headers=bearer(secret))).status_code == 401


async def test_an_instance_is_registered(page: Page, running: Running) -> None:
    """A password is refused before it is sent anywhere; what is said well leads to the instance's page."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.post_data}"))
    await sign_in(page, running)
    opened = await form(
        page, "Register an instance", name="flags", version="5.6.0", port="4242", reason="the web shop's",
        database="postgresql://unleash:hunter2@127.0.0.1:5433/unleash", password_from="env:ASTROLABE_SECRET_DB",
    )  # fmt: skip
    await opened.locator("[name=product]").select_option("unleash")
    await opened.get_by_role("button", name="Register", exact=True).click()
    await expect(opened.get_by_role("alert")).to_contain_text("Leave the password out")
    assert not any("hunter2" in each for each in asked)
    await opened.locator("[name=database]").fill("postgresql://unleash@127.0.0.1:5433/unleash")
    await expect(opened.locator("pre")).to_have_text(
        "astrolabe register flags --product unleash --version 5.6.0 --port 4242 "
        "--database postgresql://unleash@127.0.0.1:5433/unleash --password-from env:ASTROLABE_SECRET_DB "
        "--reason 'the web shop'\\''s'"
    )
    await send(opened, "Register")
    await expect(page.get_by_text("Unleash 5.6.0, npx on local")).to_be_visible()
    shown = (await running.house.client.get("/instances/flags")).json()
    where = {"name": "unleash", "user": "unleash", "host": "127.0.0.1", "port": 5433}
    assert where.items() <= shown["database"].items()
    assert (shown["port"], shown["approvals"]["when"]) == (4242, "never")
