"""The gateway as its owner started it, compared with how it would be started again, while nothing is touched."""

from pathlib import Path

import psutil
import pytest
from msgspec.json import encode
from msgspec.structs import replace

from astrolabe.domain.plans.plan import Check
from astrolabe.store.ids import new_id
from astrolabe.workers.instance import process
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm.npx import NpxDriver
from tests.drivers.outcomes import refused, rolled_back, succeeded, taken_back
from tests.owner import owner
from tests.world import PASSWORD, World

pytestmark = pytest.mark.kinds("npx")

VALUE = "a-value-to-look-for"


async def check(standin: World, name: str) -> Check:
    """What preflight finds of the gateway that runs."""
    return next(each for each in await standin.driver.checks([]) if each.name == name)


def variables(standin: World) -> dict[str, str]:
    """The environment of the gateway that runs."""
    found = process.listener(standin.config.gateway_port)
    assert found
    return psutil.Process(found.pid).environ()


async def test_what_says_the_same_in_other_words_is_no_difference(standin: World) -> None:
    """A shell's, a supervisor's and npm's own variables say nothing of the gateway; localhost is this host."""
    async with owner(standin, PM2_HOME="/root/.pm2", pm_id="0", exec_mode="fork_mode", LC_ALL="C", TERM="xterm"):
        assert (await check(standin, "environment")).ok
        assert (await check(standin, "address")).ok


async def test_what_astrolabe_itself_started_for_another_is_no_difference(standin: World) -> None:
    """It was given what a registration says, as this one does: so is a gateway that was retired and registered anew."""
    other = NpxDriver(Site(standin.host, new_id(), standin.config))
    assert all(each.ok for each in await other.checks([]))


async def test_a_variable_that_nobody_told_is_asked_about_and_kept(standin: World) -> None:
    """Neither version would start without it; its value stays on the host, whatever becomes of the upgrade."""
    async with owner(standin, SECRET_KEY="short", STANDIN_TELLS=VALUE):
        problem = (await refused(standin, "2.0.0", "preflight-environment")).problem
        assert f"astrolabe reconfigure {standin.config.name} --keep SECRET_KEY,STANDIN_TELLS" in problem.detail
        await standin.reconfigure(kept_variables=("SECRET_KEY", "STANDIN_TELLS"))
        await rolled_back(standin, "1.2.0", "migration-failed")
    assert (variables(standin)["SECRET_KEY"], variables(standin)["STANDIN_TELLS"]) == ("short", VALUE)
    await succeeded(standin)
    assert (variables(standin)["SECRET_KEY"], variables(standin)["STANDIN_TELLS"]) == ("short", VALUE)
    (kept,) = standin.host.instance_folder(standin.instance_id).glob("environment.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    told = b"".join(encode(each) for each in await standin.told())
    assert VALUE.encode() not in told
    assert PASSWORD.encode() not in told


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])  # noqa: S104  what an owner chose
async def test_the_address_stays_the_owners(standin: World, address: str) -> None:
    """Who listens everywhere is asked from inside, and listens everywhere after the upgrade."""
    async with owner(standin, HTTP_HOST=address):
        problem = (await refused(standin, "2.0.0", "preflight-address")).problem
        assert f"it listens on {address}; registered is 127.0.0.1" in problem.detail
        assert f"astrolabe reconfigure {standin.config.name} --address {address}" in problem.detail
        await standin.reconfigure(address=address)
        await succeeded(standin)
    found = process.listener(standin.config.gateway_port)
    assert found
    assert process.addresses(found, standin.config.gateway_port) == (address,)


async def test_arguments_folder_and_connection_string_are_asked_about(standin: World, tmp_path: Path) -> None:
    """A file .env beside the gateway sets it as its environment does; what is registered is started so again."""
    (tmp_path / ".env").write_text(f"SECRET_KEY={VALUE}\n")
    where = standin.config.database
    assert where
    url = f"postgresql://{where.user}:{PASSWORD}@127.0.0.1:{where.port}/{where.name}"
    said = {"options": "-csearch_path=public", "sslmode": "disable"}
    async with owner(
        standin, "start", folder=tmp_path, DATABASE_URL=f"{url}?options=-csearch_path%3Dpublic&sslmode=disable"
    ):
        seen = (await check(standin, "environment")).seen
        assert "its product's file would say otherwise: DATABASE_URL (options, sslmode)" in seen
        assert "it was started with other arguments: 1, and would be with 0 (arguments)" in seen
        assert f"it was started in {tmp_path}, where it may read .env" in seen
        await standin.reconfigure(
            database=replace(where, parameters=said), accepted_differences=("arguments",), folder=str(tmp_path)
        )
        assert (await check(standin, "environment")).ok
        await succeeded(standin)
        await taken_back(standin)
    assert variables(standin)["DATABASE_URL"].endswith("?options=-csearch_path%3Dpublic&sslmode=disable")
    found = process.listener(standin.config.gateway_port)
    assert found
    assert found.folder == str(tmp_path)
