"""The console, looked at with a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from astrolabe.api.static_page import POLICY
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from tests.api.test_gate import RELEASES, know
from tests.api.test_server import Running
from tests.domain.samples import PLAN
from tests.page.visiting import go, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<img src=x onerror=document.body.replaceChildren()>"
STORED = "JSON.stringify([localStorage, sessionStorage, document.cookie])"


async def test_a_token_is_asked_for_and_a_wrong_one_is_refused(page: Page, running: Running) -> None:
    """Nothing is shown without a token; with a wrong one the page says what the API says, and keeps nothing."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/")
    await expect(page).to_have_title("Sign in · Astrolabe")
    await page.get_by_label("Token").fill("astro_wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("No token in use has this secret")
    assert await page.context.cookies() == []


async def test_the_token_is_where_no_script_can_read_it(page: Page, running: Running) -> None:
    """It lasts through a reload, in a cookie for this site alone; signing out leaves nothing of it."""
    await sign_in(page, running)
    (cookie,) = await page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert running.house.secrets["admin"] not in await page.evaluate(STORED)
    await page.reload()
    await expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()
    assert await page.context.cookies() == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0


async def test_who_is_signed_in_is_signed_out_with_their_token(page: Page, running: Running) -> None:
    """A revoked token shows nothing more, also to whoever was looking."""
    made = (await running.house.client.post("/tokens", json={"name": "phone", "scopes": ["read"]})).json()
    await sign_in(page, running, secret=made["secret"])
    await expect(page.get_by_text("phone · read")).to_be_visible()
    await running.house.client.post(f"/tokens/{made['id']}/revoke")
    await expect(page.get_by_label("Token")).to_be_visible(timeout=10_000)
    await expect(page.get_by_role("alert")).to_contain_text("No token in use has this secret")


async def test_instances_lead_to_their_history_and_upgrades(page: Page, running: Running) -> None:
    """From the fleet to an instance, and from there to its upgrade, by clicking; each page has its title."""
    await running.house.register()
    await running.house.request()
    await sign_in(page, running)
    await page.get_by_role("link", name="flags").click()
    await expect(page).to_have_title("flags · Astrolabe")
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    await expect(page.get_by_role("cell", name="from 5.6.0 to 6.10.1")).to_be_visible()
    await page.locator("main td a[href^='#/upgrades/']").first.click()
    await expect(page.get_by_role("heading", name="flags: 5.6.0 to 6.10.1")).to_be_visible()
    await expect(page).to_have_title("flags to 6.10.1: requested · Astrolabe")
    await expect(page.locator("li[data-step]")).to_have_count(5)


async def test_what_needs_a_person_comes_first_by_itself(page: Page, running: Running) -> None:
    """An instance that begins to run another version moves up while one looks, and the change is heard."""
    house = running.house
    await house.register(name="alpha")
    instance_id = await house.register()
    await sign_in(page, running)
    await expect(page.get_by_role("heading", name="Fleet · 2 instances on 1 host")).to_be_visible()
    await expect(page.locator(".row a").first).to_have_text("alpha")
    await house.report(instance_id, e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    await expect(page.get_by_role("heading", name="flags: what runs is not what the log says")).to_be_visible()
    await expect(page).to_have_title("1 need you · Astrolabe")
    await expect(page.locator(".row a").first).to_have_text("flags")
    await expect(page.locator("#heard")).to_have_text("flags: what runs is not what the log says")


async def test_an_instance_that_cannot_be_looked_at_is_not_green(page: Page, running: Running) -> None:
    """It needs somebody, in the fleet and on its own page, with why and since when."""
    instance_id = await running.house.register()
    now = datetime.now(UTC)
    await running.house.report(instance_id, e.ObservationFailed("npm is not installed", now, now))
    await sign_in(page, running)
    await expect(page.get_by_role("heading", name="flags: cannot be looked at")).to_be_visible()
    await expect(page.locator(".row .status")).to_have_text("unobserved")
    await page.get_by_role("link", name="See why").click()
    await expect(page.get_by_text("Nobody can look at it since")).to_contain_text("npm is not installed")


async def test_typed_text_and_focus_survive_ten_updates(page: Page, running: Running) -> None:
    """Also what is selected, what was opened, and where one had scrolled to."""
    house = running.house
    know(house, release=RELEASES)
    for at in range(40):
        await house.register(name=f"shop-{at:02}")
    await sign_in(page, running)
    await page.get_by_label("Find").fill("shop")
    await expect(page.get_by_role("button", name="All 40")).to_be_visible()
    await page.locator(".row details").nth(3).locator("summary").click()
    await page.get_by_label("Find").focus()
    await page.evaluate("document.activeElement.setSelectionRange(1, 3); scrollTo(0, 300)")
    for at in range(10):
        await house.register(name=f"shop-new-{at}")
        await expect(page.get_by_role("button", name=f"All {41 + at}")).to_be_visible()
    kept = "[document.activeElement.value, document.activeElement.selectionStart, document.activeElement.selectionEnd]"
    assert await page.evaluate(kept) == ["shop", 1, 3]
    assert await page.evaluate("scrollY") == 300
    await expect(page.locator(".row details[open]")).to_have_count(1)


async def test_more_comes_as_one_scrolls_and_what_was_opened_stays_open_where_it_moves(
    page: Page, running: Running
) -> None:
    """What needs somebody moves to the top, and pushes the last of a group into the next one, opened and focused."""
    house = running.house
    know(house, release=RELEASES)
    ids = [await house.register(name=f"shop-{at:02}") for at in range(30)]
    await sign_in(page, running)
    await expect(page.get_by_role("heading", name="Fleet · 30 instances")).to_be_visible()
    await page.mouse.wheel(0, 3000)
    await expect(page.locator(".row")).to_have_count(31)
    summary = page.locator(".group").first.locator(".row").last.locator("summary")
    await summary.click()
    await house.report(ids[-1], e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    await expect(page.locator(".row a").first).to_have_text("shop-29")
    moved = page.locator(".group").nth(1).locator(".row").first
    await expect(moved).to_contain_text("shop-19")
    await expect(moved.locator("details[open]")).to_have_count(1)
    await expect(moved.locator("summary")).to_be_focused()


async def test_the_fleet_is_found_by_word_and_group_and_the_address_says_so(page: Page, running: Running) -> None:
    """What was asked for is in the address, so that a reload and a link show the same."""
    await running.house.register(name="shop")
    await running.house.register(name="blog")
    await running.house.request("blog")
    await sign_in(page, running)
    await page.get_by_label("Find").fill("blo")
    await expect(page.locator(".row a")).to_have_text(["blog", "now"])
    await page.get_by_label("Find").fill("")
    await page.get_by_role("button", name="Upgrading 1").click()
    await expect(page.locator(".row [role=cell]:first-child a")).to_have_text(["blog"])
    await expect(page).to_have_url(f"http://127.0.0.1:{running.server.port}/#/?group=upgrading")
    await page.reload()
    await expect(page.locator(".row [role=cell]:first-child a")).to_have_text(["blog"])


async def test_what_runs_beside_the_log_is_shown_and_accepted(page: Page, running: Running) -> None:
    """An instance on which another version was seen says so, with both; a form says what accepting it costs."""
    instance_id = await running.house.register()
    await running.house.report(instance_id, e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    await sign_in(page, running, "#/instances/flags")
    await expect(page.get_by_text("process 7 runs 5.7.0; the log believes 5.6.0")).to_be_visible()
    await page.get_by_role("button", name="Accept what runs").click()
    form = page.get_by_role("dialog", name="Accept what runs as flags")
    await expect(form).to_contain_text("What is lost: the way back")
    await form.get_by_label("Why").fill("it's ours")
    await expect(form.locator("pre")).to_have_text("astrolabe adopt flags --reason 'it'\\''s ours'")
    await form.get_by_role("button", name="Accept what runs").click()
    await expect(page.get_by_text("Unleash 5.7.0, npx on local")).to_be_visible()
    accepted = (await running.house.client.get("/instances/flags/history")).json()["items"][-1]
    assert (accepted["type"], accepted["actor"], accepted["reason"]) == ("drift_accepted", "admin", "it's ours")


async def test_an_instance_is_seen_as_it_stood(page: Page, running: Running) -> None:
    """The slider goes through its history; what is shown is what was so then."""
    instance_id = await running.house.register()
    await running.house.report(instance_id, e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    await sign_in(page, running, "#/instances/flags")
    await expect(page.get_by_text("process 7 runs 5.7.0; the log believes 5.6.0")).to_be_visible()
    await page.get_by_label("Moment of its history").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_text("As it stood")).to_contain_text("after “instance registered”")
    await expect(page.get_by_text("process 7 runs 5.7.0; the log believes 5.6.0")).to_be_hidden()
    await page.get_by_role("button", name="Now").click()
    await expect(page.get_by_text("As it stood")).to_be_hidden()


async def test_what_happens_is_seen_as_it_happens(page: Page, running: Running) -> None:
    """A step turns from to do to running to done while one looks, and what is possible changes with it."""
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
    await page.get_by_role("button", name="Cancel the upgrade").click()
    form = page.get_by_role("dialog", name="Cancel this upgrade")
    await form.get_by_role("button", name="Cancel").click()
    await expect(form).to_be_visible()  # not without a reason
    await form.get_by_label("Why").fill("enough")
    await form.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await expect(page.get_by_role("img", name="Steps over time")).to_be_visible()
    await expect(page.locator("#heard")).to_contain_text("flags: cancelled")


async def test_an_upgrade_is_planned_and_asked_for(page: Page, running: Running) -> None:
    """The plan comes first, with what is breaking; then a form that is given a reason, and says what can be typed."""
    await running.house.register()
    know(running.house, release=RELEASES)
    await sign_in(page, running, "#/instances/flags")
    await page.get_by_role("link", name="Plan an upgrade").click()
    await page.get_by_label("To", exact=True).fill("6.10.1")
    await page.get_by_role("button", name="Show the plan").click()
    await expect(page.get_by_role("heading", name="What past upgrades took")).to_be_visible()
    for box in await page.get_by_label("is breaking, and what it asks for").all():
        await box.check()
    await page.get_by_label("Why").fill("security fix")
    await expect(page.locator(".command")).to_contain_text("astrolabe upgrade flags 6.10.1 --reason 'security fix'")
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    await expect(page.get_by_role("heading", name="flags: 5.6.0 to 6.10.1")).to_be_visible()
    # The page shows it before the lists do, which are a moment behind the log.
    asked = (await running.house.client.get(f"/upgrades/{page.url.rpartition('/')[2]}")).json()
    assert (asked["actor"], asked["reason"]) == ("admin", "security fix")


async def test_somebody_else_approves_what_waits(page: Page, running: Running) -> None:
    """Whoever asked may not; another person reads the plan, gives a reason, and the upgrade goes on."""
    house = running.house
    instance_id = await house.register(approvals={"when": "always"})
    upgrade_id = await house.request()
    await house.report(instance_id, e.PreflightPassed(upgrade_id, PLAN, datetime.now(UTC)))
    cause = Cause("test", "test", "test")
    boss = await house.resources.tokens.issue("boss", ("read", "approve"), cause)
    await sign_in(page, running, secret=boss.secret)
    await page.get_by_role("link", name="Read the plan, decide").click()
    await page.get_by_text("The plan, as preflight found it").click()
    await page.get_by_role("button", name="Approve").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Why").fill("read it")
    await form.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("heading", name="approved")).to_be_visible()
    await expect(page.get_by_role("button", name="Cancel the upgrade")).to_be_disabled()


async def test_what_others_said_stays_text(page: Page, running: Running) -> None:
    """Markup in a reason is shown as it was typed, wherever it is shown."""
    await running.house.register()
    asked = {"instance": "flags", "target": "6.10.1", "reason": HOSTILE}
    upgrade_id = (await running.house.client.post("/upgrades", json=asked)).json()["id"]
    await sign_in(page, running, f"#/upgrades/{upgrade_id}")
    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    for place in ("#/", "#/upgrades", "#/instances/flags", "#/audit"):
        await go(page, place)
        await expect(page.get_by_text(HOSTILE).first).to_be_visible()


async def test_the_page_and_its_parts_run_nothing_from_elsewhere(running: Running) -> None:
    """Every part says so in its headers, and a part that there is not is a problem as elsewhere."""
    for path in ("/", "/reference", "/page/main.js", "/page/style.css", "/page/icon.svg"):
        answer = await running.house.anyone.get(path)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/page/..%2flook.py", "/page/none.js"):
        assert (await running.house.anyone.get(path)).json()["type"] == "/problems/not-found"
