"""The pictures of docs/console.md: `python -m tests.page.pictures` looks at the console, and takes them."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from playwright.async_api import Browser, async_playwright, expect

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades import events as e
from astrolabe.store.migrate import migrate
from astrolabe.store.progress import Amount
from tests.api.test_gate import RELEASES, know
from tests.api.test_server import Running
from tests.domain import samples
from tests.page.conftest import FLAGS
from tests.page.visiting import SIZES, serving_lists, sign_in
from tests.servers import data_folder

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


async def ask(running: Running, **asked: Any) -> str:
    """Ask for an upgrade; its id."""
    body = {"target": "6.10.1", "acknowledge_breaking": ["6.0.0"], **asked}
    answer = await running.house.client.post("/upgrades", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def furnish(running: Running) -> str:
    """Record a small fleet in which something waits, something failed, and something is under way; the latter's id."""
    house = running.house
    know(house, release=RELEASES)
    waits = await house.register(approvals={"when": "always"})
    await ask(running, instance="flags", reason="security fix in 6.10")
    upgrade_id = (await house.client.get("/instances/flags")).json()["upgrade_id"]
    await house.report(waits, e.PreflightPassed(upgrade_id, samples.PLAN, datetime.now(UTC)))
    failed = await house.register(name="shop", host="web-1")
    refused = await ask(running, instance="shop", reason="monthly round")
    problem = Problem("disk-full", "/srv has 1.2 GB free; the copy needs 2.4 GB.", (), "Make room, then retry.")
    await house.tell(failed, refused, e.StepStarted(refused, 1, "preflight", "web-1:1", 1))
    await house.tell(failed, refused, e.UpgradeRefused(refused, problem, datetime.now(UTC)))
    done = await house.register(name="intern", host="web-2")
    succeeded = await ask(running, instance="intern", reason="monthly round")
    await house.tell(done, succeeded, *samples.SUCCEEDED[2:])
    await house.register(name="preview", host="web-2", version="6.5.0")
    drifted = await house.register(name="blog", host="web-2")
    await house.report(drifted, e.InstanceObserved("5.7.0", "process 812 runs 5.7.0", datetime.now(UTC)))
    runs = await house.register(name="mobile", host="web-1")
    going = await ask(running, instance="mobile", reason="security fix in 6.10")
    plan = replace(samples.PLAN, releases=())
    await house.tell(runs, going, e.StepStarted(going, 1, "preflight", "web-1:1", 1), e.PreflightPassed(going, plan))
    await house.tell(runs, going, e.StepStarted(going, 1, "backup", "web-1:1", 1), samples.backed_up)
    await house.tell(runs, going, e.StepStarted(going, 1, "pull", "web-1:1", 1))
    amount = Amount(41_200_000, 89_000_000, "bytes")
    message = "fetching unleash-server@6.10.1"
    await house.resources.progress.put(runs, going, attempt=1, step="pull", message=message, amount=amount)
    return going


class Picture(Struct, frozen=True):
    """What a picture shows, and how."""

    name: str
    place: str
    heading: str
    size: str
    scheme: Literal["light", "dark"]


async def take(browser: Browser, running: Running, picture: Picture) -> None:
    """Take the picture of a place once its heading is there."""
    context = await browser.new_context(viewport=SIZES[picture.size], color_scheme=picture.scheme)
    page = await context.new_page()
    await sign_in(page, running, picture.place)
    await expect(page.get_by_role("heading", name=picture.heading).first).to_be_visible()
    await page.evaluate("document.activeElement.blur()")
    await page.screenshot(path=FOLDER / f"console-{picture.name}.png")
    await context.close()


async def main() -> None:
    """Take all pictures."""
    with data_folder() as folder:
        server = Postgres(folder, service_account(), fast=True)
        await server.start()
        url = await server.create_database("pictures")
        await migrate(url)
        program = shutil.which("chromium") or shutil.which("google-chrome")
        async with serving_lists(url) as running, async_playwright() as playwright:
            going = await furnish(running)
            browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
            at = f"#/upgrades/{going}"
            for picture in (
                Picture("fleet", "", "Needs you · 3", "desk", "light"),
                Picture("fleet-phone", "", "Needs you · 3", "phone", "dark"),
                Picture("upgrade", at, "What happened", "desk", "dark"),
                Picture("upgrade-phone", at, "What happened", "phone", "light"),
            ):
                await take(browser, running, picture)
            await browser.close()
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
