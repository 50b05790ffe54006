"""Secrets: none reaches the log, and one that is missing is named."""

from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Retry
from astrolabe.domain.upgrades.events import UpgradeRefused
from astrolabe.store.outputs import Outputs
from astrolabe.workers.kinds.npm.npx import NpxDriver
from tests.databases import run
from tests.drivers.outcomes import refused
from tests.hooked import upgrade
from tests.world import PASSWORD, World


@pytest.mark.kinds("npx")
async def test_no_secret_reaches_the_log(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that prints its password and its secrets when it fails puts neither into the log."""
    token = "a-token/to look for"
    monkeypatch.setenv("ASTROLABE_SECRET_TELLS", token)
    await standin.reconfigure(secrets={"STANDIN_TELLS": "env:ASTROLABE_SECRET_TELLS"})
    await standin.stop()
    await standin.owner_starts()
    await standin.upgrade("1.2.0")
    assert isinstance(standin.driver, NpxDriver)
    said = [log.read_text() for log in standin.driver.log("x").parent.iterdir()]
    assert any(PASSWORD in each and token in each for each in said)
    assert any("[REDACTED]" in each for each in (await standin.problem()).seen)
    output = (await standin.problem()).output
    assert output
    kept = await Outputs(standin.log_database).get(output)
    assert kept
    assert b"[REDACTED]" in kept
    assert PASSWORD.encode() not in kept
    assert b"to look for" not in kept
    stored = await standin.log_database.pool.fetch("SELECT entry FROM event")
    assert len(stored) > 10
    for row in stored:
        assert PASSWORD not in row["entry"]
        assert "to look for" not in row["entry"]


@pytest.mark.kinds("npx")
async def test_a_password_that_is_also_a_name_breaks_nothing(standin: World) -> None:
    """Where the password is the database's name, as on many a small host, the way back still finds its databases."""
    await run(standin.server, f"ALTER ROLE {standin.database} PASSWORD '{standin.database}'")
    same = standin.host.folder / "secrets" / standin.config.name / "same"
    same.write_text(standin.database)
    assert standin.config.database
    where = changed(standin.config.database, password=f"file:{same}")
    await standin.reconfigure(database=where)
    await standin.stop()
    await standin.owner_starts()
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    assert await standin.running() == "2.0.0"
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.kinds("npx")
async def test_a_secret_that_vanishes_ends_inconsistent_until_it_is_back(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither version can be started without it; the log names it, and a retry after it was set brings 1.1.0 back."""
    before = await standin.shape()
    monkeypatch.setenv("ASTROLABE_SECRET_TOKEN", "a token")
    await standin.reconfigure(secrets={"STANDIN_TOKEN": "env:ASTROLABE_SECRET_TOKEN"})

    async def vanish() -> None:
        monkeypatch.delenv("ASTROLABE_SECRET_TOKEN")

    loaded = await upgrade(standin, "2.0.0", MigrationStarted=vanish)
    assert isinstance(loaded.state, s.Inconsistent)
    assert loaded.state.problem.code == "secret-missing"
    assert "Set ASTROLABE_SECRET_TOKEN for the worker" in loaded.state.problem.todo
    monkeypatch.setenv("ASTROLABE_SECRET_TOKEN", "a token")
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.kinds("npx")
async def test_a_password_that_vanishes_on_the_way_back_leaves_the_instance_to_a_person(standin: World) -> None:
    """Not even the database is reached without it: the log names it and the retry, which brings 1.1.0 back later."""
    before = await standin.shape()
    (kept,) = Path(standin.host.folder, "secrets", standin.config.name).iterdir()
    away = Path(standin.host.folder, kept.name)

    async def vanish() -> None:
        kept.rename(away)

    try:
        loaded = await upgrade(standin, "1.2.0", FailStep=vanish)
    finally:
        away.rename(kept)
    assert isinstance(loaded.state, s.Inconsistent)
    assert loaded.state.problem.code == "secret-missing"
    assert [each.line for each in loaded.state.commands] == [f"astrolabe retry {await standin.upgrade_id()}"]
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


@pytest.mark.kinds("npx")
async def test_a_secret_that_is_not_there_is_named_before_anything_stops(standin: World) -> None:
    """A start would fail, and so would the way back: preflight refuses."""
    await standin.reconfigure(secrets={"STANDIN_TOKEN": "env:ASTROLABE_SECRET_NOT_SET"})
    assert "env:ASTROLABE_SECRET_NOT_SET" in (await refused(standin, "2.0.0", "secret-missing")).problem.detail


@pytest.mark.kinds("npx")
async def test_the_secret_of_another_instance_stops_nothing(standin: World) -> None:
    """Whoever names another's file as a setting is refused by name, with the grant that would be needed."""
    theirs = standin.host.folder / "secrets" / "another" / "token"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("of another")
    await standin.reconfigure(secrets={"STANDIN_TOKEN": f"file:{theirs}"})
    problem = (await refused(standin, "2.0.0", "secret-forbidden")).problem
    assert f"{standin.config.name}=file:{theirs} to ASTROLABE_GRANTS" in problem.todo


@pytest.mark.kinds("npx")
async def test_a_server_that_a_caller_names_is_never_connected_to(standin: World) -> None:
    """A password goes to no host but those that the owner of the worker's host granted; nothing is touched."""
    own = standin.config.database
    assert own
    await standin.reconfigure(database=changed(own, host="localhost.example"))
    await standin.upgrade("2.0.0")
    problem = (await standin.one(UpgradeRefused)).problem
    assert (problem.code, f"be given to localhost.example:{own.port}" in problem.detail) == ("secret-forbidden", True)
    await standin.reconfigure(database=own)
    assert await standin.running() == "1.1.0"
