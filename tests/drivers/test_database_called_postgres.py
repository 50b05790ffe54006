"""A database called `postgres`, of the server's own superuser, as many projects have it: it moves and goes back."""

from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from tests.compose_world import SUPERUSER, ComposeWorld
from tests.drivers.outcomes import rolled_back, succeeded, taken_back

pytestmark = pytest.mark.kinds("compose")

PROJECT = f"""
services:
  gateway:
    environment:
      DATABASE_URL: postgres://postgres:{SUPERUSER}@db:5432/postgres
"""


@pytest_asyncio.fixture
async def called_postgres(standin: ComposeWorld) -> ComposeWorld:
    """The gateway on the database that everybody else knows as the one for maintenance."""
    Path(standin.project.folder, "postgres.yaml").write_text(PROJECT)
    known, place = standin.config.database, Path(standin.host.folder, "secrets", standin.config.name, "superuser")
    assert known
    place.write_text(SUPERUSER)
    await standin.reconfigure(
        compose=replace(standin.project, files=(*standin.project.files, "postgres.yaml")),
        database=replace(known, name="postgres", user="postgres", password=f"file:{place}"),
    )
    await standin.compose("up", "--detach", "--no-deps", "gateway")
    await standin.until(standin.answers)
    await standin.write("first")
    return standin


async def test_a_database_called_postgres_goes_back_when_a_migration_fails(called_postgres: ComposeWorld) -> None:
    """The one that failed is kept beside it, and the one of before has its name and its rows."""
    await rolled_back(called_postgres, "1.2.0", "migration-failed")
    assert await called_postgres.items() == ["first"]


async def test_a_database_called_postgres_moves_and_goes_back(called_postgres: ComposeWorld) -> None:
    """Copies, renames and the dump go by way of another database, which the plan names."""
    await succeeded(called_postgres)
    plan = (await called_postgres.one(e.PreflightPassed)).plan
    seen = {each.name: each.seen for each in plan.checks}
    assert seen["maintenance"] == "copied and renamed from the database template1"
    await called_postgres.write("second")
    await taken_back(called_postgres)
    assert await called_postgres.items() == ["first"]
