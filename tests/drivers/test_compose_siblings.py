"""Sibling images and floating tags: every image of a version moves, and what ran is what comes back."""

from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.products.product import SiblingImage
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.kinds.compose.container import Container
from tests.compose_world import SIBLING, ComposeWorld
from tests.drivers.outcomes import succeeded, taken_back
from tests.world import PASSWORD

pytestmark = pytest.mark.kinds("compose")

PROJECT = """
services:
  gateway:
    image: {own}:${{GATEWAY_VERSION:-floating}}
    env_file: [.env]
  learning:
    image: {sibling}:v1.1.0
    command: [node, gateway.js, work]
    init: true
    restart: unless-stopped
    env_file: [.env]
    environment: {{DATABASE_URL: "postgres://{name}:{password}@db:5432/{name}"}}
    depends_on: {{db: {{condition: service_healthy}}}}
"""


async def container(standin: ComposeWorld, service: str) -> Container:
    """Describe the only container of a service."""
    project = f"com.docker.compose.project={standin.project.name}"
    (found,) = await standin.engine.labelled(project, f"com.docker.compose.service={service}")
    return found


async def images(standin: ComposeWorld) -> list[str]:
    """Return what the gateway and its sibling are made from, without their registry."""
    return [(await container(standin, each)).config.image.rpartition("/")[2] for each in ("gateway", "learning")]


def pins(standin: ComposeWorld, version: str) -> list[str]:
    """Return what both must be made from."""
    own, sibling = standin.house.digests[version], standin.house.siblings[version]
    return [f"gateway:{version}@{own}", f"learning:v{version}@{sibling}"]


@pytest_asyncio.fixture
async def two_images(standin: ComposeWorld) -> ComposeWorld:
    """A gateway by a floating tag, and a service of a sibling image at the same version."""
    house, product = standin.house, standin.product
    await house.tag("1.1.0", "floating")
    sibling = f"{house.registry.address}/{SIBLING}"
    image = replace(product.container, siblings=(SiblingImage(sibling, "v{version}"),))
    standin.host.products["standin"] = replace(product, image=image)
    text = PROJECT.format(own=house.repository, sibling=sibling, name=standin.database, password=PASSWORD)
    Path(standin.project.folder, "siblings.yaml").write_text(text)
    files = (*standin.project.files, "siblings.yaml")
    await standin.reconfigure(compose=replace(standin.project, files=files))
    await standin.compose("up", "--detach", "--no-deps", "gateway", "learning")
    await standin.until(standin.answers)
    return standin


async def test_every_image_of_a_version_moves_and_what_ran_comes_back(two_images: ComposeWorld) -> None:
    """Each to its own digest; the floating tag has moved meanwhile, and the way back does not follow it."""
    await two_images.house.tag("2.1.0", "floating")
    await succeeded(two_images)
    assert await images(two_images) == pins(two_images, "2.0.0")
    plan = (await two_images.one(e.PreflightPassed)).plan
    assert [each.integrity for each in plan.new.siblings] == [two_images.house.siblings["2.0.0"]]
    (said,) = [each.seen for each in plan.checks if each.name == "next-up"]
    assert "gateway:floating, whatever that is by then: write GATEWAY_VERSION=2.0.0" in said
    assert "learning:v1.1.0, which is 1.1.0: write image: " in said
    assert f"{SIBLING}:v2.0.0" in said
    pulled = [each.argv[-1].rpartition("/")[2] for each in plan.commands if each.step == "pull"]
    assert {*pulled} <= {*pins(two_images, "2.0.0"), *pins(two_images, "1.1.0")}
    await taken_back(two_images)
    assert await images(two_images) == pins(two_images, "1.1.0")


async def test_a_failed_migration_takes_every_image_back(two_images: ComposeWorld) -> None:
    """The sibling of the new version never began."""
    await two_images.upgrade("1.2.0")
    turned = await two_images.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "migration-failed"
    assert await two_images.running() == "1.1.0"
    assert await images(two_images) == pins(two_images, "1.1.0")
    assert (await container(two_images, "learning")).state.running


async def test_a_version_that_a_sibling_has_not_is_refused(two_images: ComposeWorld) -> None:
    """Found while nothing is touched, and named."""
    await two_images.upgrade("1.3.0")
    problem = (await two_images.one(e.UpgradeRefused)).problem
    assert problem.code == "version-unknown"
    assert f"{SIBLING}:v1.3.0" in problem.detail


async def test_a_tag_that_was_written_first_is_no_difference(two_images: ComposeWorld) -> None:
    """Its file stands under env_file as well, and is in every container's environment; another change is named."""
    env = Path(two_images.project.folder, ".env")
    right = env.read_text()
    env.write_text(f"{right}GATEWAY_VERSION=2.0.0\nFEATURE=on\n")
    await two_images.upgrade("2.0.0")
    assert (await two_images.one(e.UpgradeRefused)).problem.code == "preflight-project-differs"
    env.write_text(f"{right}GATEWAY_VERSION=2.0.0\n")
    loaded = await two_images.upgrade("2.0.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0"
    passed = (await two_images.one(e.PreflightPassed)).plan.checks
    (said,) = [each.seen for each in passed if each.name == "next-up"]
    assert "makes gateway" not in said
