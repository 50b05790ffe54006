"""A project that publishes no port: its gateway is asked at its container's own address, from beginning to end."""

from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.kinds.detection import detect
from tests.compose_world import ComposeWorld
from tests.drivers.outcomes import refused, rolled_back, succeeded, taken_back
from tests.hooked import upgrade
from tests.ports import free_port

pytestmark = pytest.mark.kinds("compose")

UNPUBLISHED = "services: {gateway: {ports: !reset []}}"


@pytest_asyncio.fixture
async def inside(standin: ComposeWorld) -> ComposeWorld:
    """The project of a gateway that only others of its network reach, registered without a port."""
    Path(standin.project.folder, "unpublished.yaml").write_text(UNPUBLISHED)
    files = (*standin.project.files, "unpublished.yaml")
    await standin.reconfigure(port=None, compose=replace(standin.project, files=files))
    await standin.compose("up", "--detach", "--no-deps", "gateway")
    await standin.until(standin.answers)
    return standin


async def test_a_gateway_without_a_port_moves_and_goes_back(inside: ComposeWorld) -> None:
    """Health and version are asked at its own address: of the old version, apart until cutover, and in the end."""
    places: list[set[str]] = []

    async def look() -> None:
        (gateway,) = await inside.gateways()
        places.append({*gateway.networks})

    loaded = await upgrade(inside, "2.0.0", UpgradeVerified=look, UpgradeSucceeded=look)
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await inside.running()
    own = f"{inside.project.name}_default"
    assert places == [{inside.network}, {inside.network, own}]
    (gateway,) = await inside.gateways()
    assert not gateway.host_config.port_bindings
    checks = {each.name: each.seen for each in (await inside.one(e.UpgradeVerified)).checks}
    assert checks["answered-version"] == "it answers that it is 2.0.0"
    assert ":4000/health: 200" in checks["health"]
    await taken_back(inside)


async def test_a_new_version_that_is_never_well_goes_back(inside: ComposeWorld) -> None:
    """What answers at the container's address counts, and nothing else does."""
    turned = await rolled_back(inside, "1.4.0", "never-healthy")
    assert turned.problem
    assert ":4000/health: 503" in turned.problem.detail


async def test_others_are_let_in_at_once_where_that_is_wanted(inside: ComposeWorld) -> None:
    """Without a private network the new container has another address, which is found again."""
    await inside.reconfigure(cutover="at-once")
    await succeeded(inside)
    await taken_back(inside)


async def test_what_runs_is_found_without_a_port(inside: ComposeWorld) -> None:
    """Who registers it with a port that it does not publish is told so, and how it is asked without one."""
    found = await detect(inside.driver._site, inside.driver)
    place = f"as the service gateway of the project {inside.project.name}"
    assert (found.version, found.seen) == ("1.1.0", f"Stand-in gateway 1.1.0 serves {place}")
    await inside.reconfigure(port=free_port())
    problem = (await refused(inside, "2.0.0", "preflight-health")).problem
    assert any("does not publish port" in each for each in problem.seen)
    await inside.reconfigure(port=None)
    await inside.stop()
    assert (await detect(inside.driver._site, inside.driver)).seen == f"nothing serves {place}"
