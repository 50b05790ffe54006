"""The whole story as people live it: two of them, each before a browser, with a real worker and a real gateway."""

from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner
from playwright.async_api import expect

from astrolabe.cli.commands.audit import audit
from tests.e2e.processes import Astrolabe
from tests.e2e.visitor import PATIENCE_MS, Visitor, browsing
from tests.page.axe import axe_source
from tests.store.test_tampering import FREE
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.walk, pytest.mark.timeout(400)]

OLD, BROKEN, NEW = "1.1.0", "1.2.0", "1.3.0"
RELEASES = f"""
[[release]]
version = "{BROKEN}"
notes = "Items have a slug."

[[release]]
version = "{NEW}"
notes = "Items are archived, which takes a while."
breaking = true
"""
TYPED = """() => {
  const { value, selectionStart, selectionEnd } = document.activeElement;
  return [value.length, selectionStart, selectionEnd];
}"""
FETCH_SECONDS = 3.0
"""How long the registry takes for what is pulled: longer than from one look of progress to the next."""

UPDATES = 10
"""How many live updates a page must bear while somebody types."""


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, kept in pytest's cache from one session to the next."""
    cache = request.config.cache
    return axe_source(Path(cache.mkdir("axe") if cache else tmp_path_factory.mktemp("axe")))


async def make_token(alice: Visitor, name: str) -> str:
    """Make a token by its form; return its secret, which is shown this once."""
    await alice.go("#/tokens", "Tokens")
    await alice.act("Make", name=name, read=True, approve=True, reason="a second pair of eyes")
    await alice.look(f"The secret of {name}")
    return await alice.page.locator(".card .command").inner_text()


async def register(alice: Visitor, standin: World) -> None:
    """Register what runs by the form, and come to its page."""
    config = standin.config
    assert config.database
    assert config.port
    where = config.database
    await alice.go("#/", "Fleet")
    await alice.act(
        "Register an instance",
        "Register",
        name=config.name,
        product="standin",
        port=str(config.port),
        database=f"postgresql://{where.user}@{where.host}:{where.port}/{where.name}",
        password_from=where.password or "",
        settings="\n".join(f"{name}={value}" for name, value in config.settings.items()),
        approvals="breaking",
        reason="the flags of the web shop",
    )
    await alice.there("The way back")
    await expect(alice.page.get_by_text(f"Stand-in gateway {OLD}, npx on local")).to_be_visible()


async def ask(alice: Visitor, name: str, target: str) -> None:
    """Read a plan, and ask for what it says."""
    page = alice.page
    await alice.go(f"#/instances/{name}/upgrade", f"Plan an upgrade of {name}")
    await page.get_by_label("To", exact=True).fill(target)
    await page.get_by_role("button", name="Show the plan").click()
    await alice.there("Releases on the way")
    if target == NEW:
        await alice.look("Releases on the way")
    for box in await page.get_by_label("is breaking, and what it asks for").all():
        await box.check()
    await page.get_by_label("Why").fill("monthly round")
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    await alice.there(f"to {target}")


async def is_not_the_requesters_to_approve(alice: Visitor) -> None:
    """Whoever asked reads in the form why they may not, and the upgrade goes on waiting."""
    form = await alice.form("Approve", reason="my own")
    await form.get_by_role("button", name="Approve").click()
    await expect(form.get_by_role("alert")).to_contain_text("asked for this upgrade")
    await form.get_by_role("button", name="Not now").click()


async def test_a_change_is_seen_planned_approved_made_and_taken_back(
    standin: World, astrolabe: Astrolabe, database_url: str, tmp_path: Path, host_folder: Path, axe: str
) -> None:
    """In the page alone: from a token and a registration to a proof that holds, and one that does not."""
    (tmp_path / "products" / "standin.releases.toml").write_text(RELEASES)
    astrolabe.worker()
    origin = str(astrolabe.http.base_url)
    secret = astrolabe.http.headers["Authorization"].removeprefix("Bearer ")
    name = standin.config.name
    async with (
        browsing() as browser,
        Visitor.signed_in(browser, origin, secret, axe, size="desk", scheme="light") as alice,
    ):
        await register(alice, standin)
        others = await make_token(alice, "bob")
        await alice.go("#/", "Fleet")
        await expect(alice.page.locator(".new")).to_have_text(f"→ {NEW}")
        await alice.page.get_by_text("2 releases ahead").click()
        await expect(alice.page.get_by_text("Items are archived")).to_be_visible()
        standin.registry.delay = FETCH_SECONDS
        await ask(alice, name, NEW)
        await alice.watch()
        await expect(alice.page.get_by_role("button", name="Approve")).to_be_visible()
        await is_not_the_requesters_to_approve(alice)
        async with Visitor.signed_in(browser, origin, others, axe, size="phone", scheme="dark") as bob:
            await approves_and_types(bob, name)
            await alice.there(f"{name}: {OLD} to {NEW} succeeded")
            await typed_is_still_there(bob)
        standin.registry.delay = 0
        await was_seen_live(alice)
        await alice.look("What happened")
        await standin.write("between")
        await goes_back(alice)
        assert await standin.running() == OLD
        assert await standin.items() == ["first"]
        await ask(alice, name, BROKEN)
        await alice.there(f"{name}: {OLD} to {BROKEN} rolled back")
        await expect(alice.page.locator(".card.bad")).to_contain_text("1202-link-labels")
        await alice.look("What happened")
        assert await standin.items() == ["first"]
        await proves(alice, host_folder)
        await finds_what_was_tampered_with(alice, database_url)


async def approves_and_types(bob: Visitor, name: str) -> None:
    """Another person reads the plan on a phone and agrees, goes back to the fleet, and begins to type."""
    await bob.look("Needs you · 1")
    await bob.page.get_by_role("link", name="Read the plan, decide").click()
    await bob.page.get_by_text("The plan, as preflight found it").click()
    await bob.look("The plan, as preflight found it")
    await bob.act("Approve", reason="read it")
    await bob.go("#/", "Fleet")
    find = bob.page.get_by_label("Find")
    await find.fill(name[:9])
    await find.evaluate("field => field.setSelectionRange(1, 3)")


async def typed_is_still_there(bob: Visitor) -> None:
    """After many live updates: the text, the focus and what was selected."""
    assert sum(each.startswith("/fleet") for each in bob.asked) > UPDATES
    assert await bob.page.evaluate(TYPED) == [9, 1, 3]
    await expect(bob.page.locator(".row .status")).to_have_text("well")
    await bob.look("Fleet")


async def was_seen_live(alice: Visitor) -> None:
    """Each step turned from to do to running to done, what was pulled was named, and downtime went up."""
    steps = await alice.seen("steps")
    for step in ("backup", "pull", "migrate", "verify"):
        assert steps.index(f"{step} todo") < steps.index(f"{step} running") < steps.index(f"{step} done")
    shown = await alice.seen("progress")
    assert any(each.startswith(f"fetching standin-gateway@{NEW}") for each in shown)
    assert any("of 10 migrations" in each for each in shown)
    counted = [float(each.removeprefix("Nobody is served: ").removesuffix(" s")) for each in await alice.seen("down")]
    assert len(counted) > 1
    assert counted == sorted(counted)


async def goes_back(alice: Visitor) -> None:
    """First it is said how many writes stay behind, then what is lost is accepted, and then it is taken back."""
    await alice.act("Roll back", reason="the archive is too slow")
    await expect(alice.page.locator(".card.bad")).to_contain_text("leave 1 write ", timeout=PATIENCE_MS)
    form = await alice.form("Roll back", reason="the archive is too slow", accept_lost_writes=True)
    await expect(form.locator(".loses")).to_contain_text("public.items: 1")
    await form.get_by_role("button", name="Roll back").click()
    await alice.there(f"to {NEW} rolled back")


async def proves(alice: Visitor, data: Path) -> None:
    """The event that asked for it is in the signed log."""
    key = CliRunner().invoke(audit, ["key", "--data", str(data)]).output.strip()
    await alice.go("#/audit?type=upgrade_requested", "Audit trail")
    await alice.look("Audit trail")
    await alice.page.locator("main td a").first.click()
    await alice.there("upgrade requested")
    await alice.page.get_by_label("The log's public key").fill(key)
    await alice.page.get_by_role("button", name="Verify here").click()
    await alice.look("Proven")
    await expect(alice.page.get_by_text("The checkpoint is signed by your key.")).to_be_visible()


async def finds_what_was_tampered_with(alice: Visitor, database_url: str) -> None:
    """Whoever rewrites a reason in the database is found out in the same page."""
    connection = await asyncpg.connect(database_url)
    changed = """UPDATE event SET entry = replace(entry, '"monthly round"', '"just because"')"""
    await connection.execute(f"SET search_path TO astrolabe; {FREE}; {changed} WHERE type = 'upgrade_requested'")
    await connection.close()
    await alice.page.reload()
    await expect(alice.page.get_by_role("cell", name="just because")).to_be_visible()
    await alice.page.get_by_role("button", name="Verify here").click()
    await alice.look("Not proven")
