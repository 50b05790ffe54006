"""The page, looked at with a real browser."""

from datetime import UTC, datetime

from playwright.async_api import Page, expect

from astrolabe.api.static_page import POLICY
from astrolabe.domain.upgrades import events as e
from astrolabe.store.database import Database
from astrolabe.store.views.projector import Projector
from tests.api.test_server import Running
from tests.domain.samples import PLAN

HOSTILE = "<img src=x onerror=document.body.replaceChildren()>"


async def sign_in(page: Page, running: Running, at: str = "") -> None:
    """Open the page at a place, and give it a token."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/{at}")
    await page.get_by_label("Token").fill(running.house.secrets["admin"])
    await page.get_by_role("button", name="Look").click()


async def show_lists(running: Running) -> None:
    """Bring the lists up with the log, as the relay does."""
    async with Database(running.house.url, pool_size=1) as database:
        await Projector(database, running.house.resources.log).drain()


async def test_a_token_is_asked_for_and_a_wrong_one_is_told(page: Page, running: Running) -> None:
    """Nothing is shown without a token; with a wrong one the page says what the API says."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/")
    await page.get_by_label("Token").fill("astro_wrong")
    await page.get_by_role("button", name="Look").click()
    await expect(page.get_by_text("No token in use has this secret")).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_instances_lead_to_their_history_and_upgrades(page: Page, running: Running) -> None:
    """From the list to an instance, and from there to its upgrade, by clicking."""
    await running.house.register()
    await running.house.request()
    await show_lists(running)
    await sign_in(page, running)
    await page.get_by_role("link", name="flags").click()
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    await expect(page.get_by_role("cell", name="from 5.6.0 to 6.10.1")).to_be_visible()
    await page.locator("a[href^='#/upgrades/']").first.click()
    await expect(page.get_by_role("heading", name="flags: 5.6.0 to 6.10.1")).to_be_visible()
    await expect(page.locator("li[data-step]")).to_have_count(5)


async def test_what_runs_beside_the_log_is_told(page: Page, running: Running) -> None:
    """An instance on which a worker saw another version than the log has says so, with both."""
    instance_id = await running.house.register()
    await running.house.report(instance_id, e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    await sign_in(page, running, "#/instances/flags")
    await expect(page.get_by_text("process 7 runs 5.7.0; the log believes 5.6.0")).to_be_visible()


async def test_what_happens_is_seen_as_it_happens(page: Page, running: Running) -> None:
    """A step turns from to do to running to done while one looks, and the commands that are possible change with it."""
    house = running.house
    instance_id = await house.register()
    upgrade_id = await house.request()
    await sign_in(page, running, f"#/upgrades/{upgrade_id}")
    step = page.locator("li[data-step=preflight]")
    await expect(step).to_have_attribute("data-status", "todo")
    await house.tell(instance_id, upgrade_id, e.StepStarted(upgrade_id, 1, "preflight", "local:1", 1))
    await expect(step).to_have_attribute("data-status", "running")
    await expect(page.get_by_text(f"astrolabe cancel {upgrade_id}")).to_be_visible()
    await house.tell(instance_id, upgrade_id, e.PreflightPassed(upgrade_id, PLAN))
    await expect(step).to_have_attribute("data-status", "done")
    await house.client.post(f"/upgrades/{upgrade_id}/cancel", json={"reason": "enough"})
    await expect(page.get_by_text(f"astrolabe retry {upgrade_id}")).to_be_visible()
    await expect(page.get_by_role("img", name="Steps over time")).to_be_visible()


async def test_what_others_said_stays_text(page: Page, running: Running) -> None:
    """Markup in a reason is shown as it was typed."""
    await running.house.register()
    asked = {"instance": "flags", "target": "6.10.1", "reason": HOSTILE}
    upgrade_id = (await running.house.client.post("/upgrades", json=asked)).json()["id"]
    await sign_in(page, running, f"#/upgrades/{upgrade_id}")
    await expect(page.get_by_text(HOSTILE)).to_be_visible()


async def test_signing_out_forgets_the_token(page: Page, running: Running) -> None:
    """After it nothing is left in the tab, and the token is asked for again."""
    await sign_in(page, running)
    await expect(page.get_by_role("heading", name="Instances")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_the_page_and_its_parts_run_nothing_from_elsewhere(running: Running) -> None:
    """Every part says so in its headers, and a part that there is not is a problem as elsewhere."""
    for path in ("/", "/reference", "/page/main.js", "/page/style.css", "/page/icon.svg"):
        answer = await running.house.anyone.get(path)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/page/..%2flook.py", "/page/none.js"):
        assert (await running.house.anyone.get(path)).json()["type"] == "/problems/not-found"
