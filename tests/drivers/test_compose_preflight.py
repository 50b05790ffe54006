"""What an upgrade of a compose project would break is named in preflight, with nothing touched."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.detection import detect
from tests.compose_world import ComposeWorld
from tests.drivers.outcomes import refused, rolled_back, succeeded

pytestmark = pytest.mark.kinds("compose")


async def also_from(standin: ComposeWorld, name: str, text: str, *, named: bool = True) -> None:
    """Let the owner add a file to the project, and bring the gateway up from it, whether or not we are told."""
    Path(standin.project.folder, name).write_text(text)
    known = standin.project
    project = replace(known, files=(*known.files, name))
    standin.config = replace(standin.config, compose=project)
    await standin.compose("up", "--detach", "--no-deps", "gateway")
    await standin.reconfigure(compose=project if named else known)
    await standin.until(standin.answers)


async def the_gateway(standin: ComposeWorld) -> Container:
    """Describe the gateway's only container."""
    (found,) = await standin.gateways()
    assert isinstance(found, Container)
    return found


OVERRIDE = """
services:
  gateway:
    environment: {FEATURE: "on"}
    volumes: ["./media:/data/media"]
    labels: {proxied: "true"}
    mem_limit: 300m
"""


async def test_a_file_that_was_forgotten_when_registering_is_asked_about(standin: ComposeWorld) -> None:
    """Compose reads an override by itself, and without it mounts, limits and labels would go; named, they stay."""
    await also_from(standin, "compose.override.yaml", OVERRIDE, named=False)
    problem = (await refused(standin, "2.0.0", "preflight-project-differs")).problem
    for word in ("compose.override.yaml", "environment.FEATURE", "volumes", "labels.proxied", "mem_limit"):
        assert word in problem.detail
    files = (*standin.project.files, "compose.override.yaml")
    await standin.reconfigure(compose=replace(standin.project, files=files, outside_rollback=("/data",)))
    await succeeded(standin)
    gateway = await the_gateway(standin)
    assert gateway.label["proxied"] == "true"
    assert [each.destination for each in gateway.mounts] == ["/data/media"]


async def test_files_that_say_otherwise_by_now_are_asked_about(standin: ComposeWorld) -> None:
    """Who edited the project and did not bring it up would meet that change in the middle of an upgrade."""
    compose = Path(standin.project.folder, "compose.yaml")
    right = compose.read_text()
    compose.write_text(right.replace("init: true", "init: true\n    mem_limit: 300m"))
    problem = (await refused(standin, "2.0.0", "preflight-project-differs")).problem
    assert "gateway" in problem.detail
    compose.write_text(right.replace(":1.1.0", ":2.0.0"))
    await succeeded(standin)


async def test_a_healthcheck_that_can_never_pass_is_refused(standin: ComposeWorld) -> None:
    """It is asked of the old version before the new one would fail it; turned off, the product's own address counts."""
    check = 'services: {gateway: {healthcheck: {test: ["CMD", "no-such-program"], interval: 1s, retries: 1}}}'
    await also_from(standin, "health.yaml", check)
    problem = (await refused(standin, "2.0.0", "preflight-healthcheck")).problem
    assert "no-such-program" in problem.detail
    await also_from(standin, "health.yaml", "services: {gateway: {healthcheck: {disable: true}}}")
    await succeeded(standin)


async def test_a_healthcheck_is_asked_before_its_interval_has_passed(standin: ComposeWorld) -> None:
    """The engine asks for the first time after an hour; the very same test says sooner that both versions are well."""
    check = 'services: {gateway: {healthcheck: {test: ["CMD", "node", "--version"], interval: 1h}}}'
    await also_from(standin, "health.yaml", check)
    await succeeded(standin)


async def test_a_new_version_that_its_healthcheck_never_calls_well_lets_nobody_in(standin: ComposeWorld) -> None:
    """It answers and has migrated; the test is one of verify's, and has the instance's patience."""
    script = "process.exit(require('/app/package.json').version === '1.1.0' ? 0 : 3)"
    check = f'services: {{gateway: {{healthcheck: {{test: ["CMD", "node", "-e", "{script}"], interval: 1h}}}}}}'
    await also_from(standin, "health.yaml", check)
    await standin.reconfigure(patience_seconds=2)
    turned = await rolled_back(standin, "2.0.0", "verify-healthcheck")
    assert turned.problem
    assert "does not pass" in turned.problem.detail
    assert "CutOver" not in await standin.facts()


async def test_files_beside_the_database_are_asked_about(standin: ComposeWorld) -> None:
    """A volume that the new version changes would not go back: unless that was accepted, nothing is touched."""
    volume = "services: {gateway: {volumes: [kept:/srv/kept, ./compose.yaml:/srv/read:ro]}}\nvolumes: {kept: }"
    await also_from(standin, "volume.yaml", volume)
    problem = (await refused(standin, "2.0.0", "preflight-files")).problem
    assert "/srv/kept" in problem.detail
    assert "/srv/read" not in problem.detail
    await standin.reconfigure(compose=replace(standin.project, outside_rollback=("/srv/kept",)))
    await succeeded(standin)


async def test_two_containers_of_the_gateway_are_no_single_instance(standin: ComposeWorld) -> None:
    """Neither an upgrade nor whoever adopts is left without the reason."""
    port, why = standin.config.port or 0, "2 containers of the service gateway run"
    ports = f'!override ["127.0.0.1:{port}-{port + 3}:4000"]'
    Path(standin.project.folder, "twice.yaml").write_text(f"services: {{gateway: {{ports: {ports}}}}}")
    await standin.reconfigure(compose=replace(standin.project, files=(*standin.project.files, "twice.yaml")))
    await standin.stop()
    await standin.compose("up", "--detach", "--no-deps", "--scale", "gateway=2", "gateway")
    assert why in (await detect(standin.driver._site, standin.driver)).seen
    await standin.upgrade("2.0.0")
    assert why in " ".join((await standin.one(e.UpgradeRefused)).problem.seen)
    assert len(await standin.gateways()) == 2
