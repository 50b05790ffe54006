"""Wrong artifact: what is not what the plan or the product names stops nothing."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Retry
from tests.drivers.outcomes import refused
from tests.hooked import upgrade
from tests.world import World


async def test_a_tampered_artifact_stops_nothing(standin: World) -> None:
    """What does not match the planned integrity is refused in pull, at once, and the old version goes on."""
    running = await standin.driver.running()
    await standin.unpull("1.3.0")
    async with standin.tampered("1.3.0"):
        loaded = await standin.upgrade("1.3.0")
    assert isinstance(loaded.state, s.Idle)
    failed = await standin.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "wrong-artifact")
    assert await standin.driver.running() == running
    assert not await standin.driver.has(await standin.artifact("1.3.0"))


@pytest.mark.kinds("npx")
async def test_a_strangers_package_is_refused(standin: World) -> None:
    """A package of the right name without the product's command is not the product."""
    product = changed(standin.product, npm=changed(standin.product.package, bin="another"))
    standin.host = replace(standin.host, products={"standin": product})
    found = await refused(standin, "2.0.0", "wrong-artifact")
    assert "it has no command another" in found.problem.detail


@pytest.mark.kinds("npx")
async def test_what_is_not_from_where_the_product_says_is_refused(standin: World) -> None:
    """A product may pin registry, repository and publisher; preflight refuses what has another."""
    here = standin.registry.url.rstrip("/")
    elsewhere = here.replace("127.0.0.1", "localhost")
    running, bare = await standin.driver.running(), standin.product
    for pinned, says in (
        ({"publisher": "somebody"}, "it was published by openastra, not somebody"),
        ({"repository": "github.com/somebody/else"}, "not github.com/somebody/else"),
        ({"registry": elsewhere}, f"it comes from {here}, not {elsewhere}"),
    ):
        standin.host.products["standin"] = changed(bare, npm=changed(bare.package, **pinned))
        await standin.upgrade("2.0.0")
        refused = [each for each in await standin.told() if isinstance(each, e.UpgradeRefused)][-1]
        assert refused.problem.code == "wrong-artifact"
        assert says in refused.problem.detail
    assert await standin.driver.running() == running


async def test_a_latest_that_moves_before_the_pull_is_refused_with_both_versions(standin: World) -> None:
    """Who asked for the latest gets neither the one that was nor, unplanned, the one that is; nothing is stopped."""
    running = await standin.driver.running()
    await standin.move_latest("2.0.0")
    loaded = await upgrade(standin, "latest", BackupTaken=lambda: standin.move_latest("2.1.0"))
    failed = await standin.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "tag-moved")
    assert "2.0.0" in failed.problem.detail
    assert "2.1.0" in failed.problem.detail
    assert isinstance(loaded.state, s.Idle)
    assert (loaded.state.instance.version, await standin.driver.running()) == ("1.1.0", running)
    await standin.ask(Retry(await standin.upgrade_id()))
    retried = (await standin.carry_out()).state
    assert isinstance(retried, s.Idle)
    assert retried.instance.version == "2.1.0" == await standin.running()
