"""A proof, worked out in the browser: what is true is green, and whatever was changed is red."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from astrolabe.domain.audit.note import PrivateKey
from astrolabe.domain.upgrades import events as e
from tests.api.test_audit import KEY, sign
from tests.api.test_server import Running
from tests.page.visiting import go, sign_in
from tests.store.test_tampering import FREE

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = 300
"""More entries than a tile has, so that the proof leads through several."""


async def fill(running: Running) -> dict[str, Any]:
    """Record an upgrade among many other events, and sign all of it; the event that asked for it."""
    house = running.house
    instance_id = await house.register()
    await house.request()
    await house.place()
    (asked,) = (await house.client.get("/audit/events", params={"type": "upgrade_requested"})).json()["items"]
    seen = [e.InstanceObserved("5.6.0", f"look {number}", datetime.now(UTC)) for number in range(MANY)]
    await house.tell(instance_id, asked["correlation_id"], *seen)
    await sign(house, KEY)
    return asked


async def verify(page: Page, key: str = "") -> None:
    """Ask for the proof of the event that is shown."""
    await page.get_by_label("The log's public key").fill(key)
    await page.get_by_role("button", name="Verify here").click()


async def test_an_event_is_proven_by_the_checkpoint_and_the_tiles(page: Page, running: Running) -> None:
    """With the log's key its signature is checked too; a key that did not sign proves nothing."""
    asked = await fill(running)
    await sign_in(page, running, "#/audit?type=upgrade_requested")
    await page.get_by_role("link", name=str(asked["position"]), exact=True).click()
    await verify(page)
    await expect(page.get_by_role("heading", name="Proven", exact=True)).to_be_visible()
    await expect(page.get_by_text("Give the log's public key")).to_be_visible()
    await verify(page, KEY.public.text)
    await expect(page.get_by_text("The checkpoint is signed by your key.")).to_be_visible()
    await verify(page, PrivateKey("astrolabe-test", bytes(range(1, 33))).public.text)
    await expect(page.get_by_role("heading", name="Not proven")).to_be_visible()


async def test_a_changed_event_is_red(page: Page, running: Running) -> None:
    """Whoever rewrites a reason in the database, where all triggers are off, is found out by every browser."""
    asked = await fill(running)
    await running.house.superuser.execute(f"SET search_path TO astrolabe; {FREE}")
    changed = 'UPDATE astrolabe.event SET entry = replace(entry, \'"actor":"admin"\', \'"actor":"nobody"\')'
    await running.house.superuser.execute(f"{changed} WHERE event_id = '{asked['id']}'")
    await sign_in(page, running, f"#/audit/{asked['position']}")
    await expect(page.get_by_role("cell", name="nobody")).to_be_visible()
    await verify(page, KEY.public.text)
    await expect(page.get_by_role("heading", name="Not proven")).to_be_visible()
    await expect(page.get_by_text("Its bytes do not lead to the root").first).to_be_visible()
    await go(page, f"#/audit/{asked['position'] - 1}")
    await verify(page, KEY.public.text)
    await expect(page.get_by_text("The checkpoint is signed by your key.")).to_be_visible()


async def test_what_is_shown_must_be_what_was_signed(page: Page, running: Running) -> None:
    """An answer that shows another actor than the leaf does is red, although the leaf is in the tree."""
    asked = await fill(running)

    async def forged(route: Route) -> None:
        answer = await (await route.fetch()).json()
        answer["items"][0]["actor"] = "nobody"
        await route.fulfill(body=json.dumps(answer), content_type="application/json")

    await page.route("**/audit/events?after=*", forged)
    await sign_in(page, running, f"#/audit/{asked['position']}")
    await verify(page)
    await expect(
        page.get_by_text("What was signed has another actor than what is shown here.", exact=True)
    ).to_be_visible()
