"""One thing, one instance: what two were registered for is never acted on by both."""

from uuid import uuid4

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from tests.hooked import upgrade
from tests.world import ASKED, PASSWORD, World


@pytest.mark.kinds("npx")
async def test_two_instances_of_one_database_are_never_upgraded_at_once(standin: World) -> None:
    """While one is upgraded nothing of the other begins; afterwards it is refused, and every write is there."""
    twin = new_id()
    name = f"twin-{uuid4().hex[:8]}"
    secret = standin.host.folder / "secrets" / name / "password"
    secret.parent.mkdir()
    secret.write_text(PASSWORD)
    assert standin.config.database
    database = replace(standin.config.database, host="localhost", password=f"file:{secret}")
    config = replace(standin.config, name=name, database=database)
    # As a log has it from before a second registration was refused.
    await Log(standin.log_database).append(twin, 0, [e.InstanceRegistered(config, "1.1.0")], ASKED)
    await standin.instances.execute(await standin.instances.load(twin), RequestUpgrade(new_id(), "1.3.0"), ASKED)
    seen: list[int] = []

    async def meanwhile() -> None:
        await standin.worker("worker-2")(twin)
        seen.append((await standin.instances.load(twin)).version)

    await upgrade(standin, "2.0.0", InstanceStopped=meanwhile, MigrationFinished=meanwhile)
    assert seen == [2, 2], "the twin has its registration and its request, and nothing else"
    await standin.worker("worker-2")(twin)
    refused = (await standin.instances.load(twin)).history[-1].event
    assert isinstance(refused, e.UpgradeRefused)
    assert refused.problem.code == "preflight-version"
    assert await standin.running() == "2.0.0"
    assert await standin.items() == ["first"]
