"""An instance whose version nobody named, and one that drifts, seen by a worker of its own."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.programs import shell
from tests.e2e.processes import Astrolabe
from tests.world import World

pytestmark = pytest.mark.e2e


async def _shown(astrolabe: Astrolabe, name: str, when: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until an instance is shown so."""
    shown: dict[str, Any] = {}
    try:
        async with asyncio.timeout(30):
            while not when(shown := await astrolabe.get(f"/instances/{name}")):
                await asyncio.sleep(0.05)
            return shown
    except TimeoutError:
        raise AssertionError(f"{shown}\n{astrolabe.said()}") from None


async def test_what_runs_is_adopted_and_its_drift_is_shown(astrolabe: Astrolabe, standin: World) -> None:
    """`register` tells what the worker found; once nothing runs any more, the instance and the list say so."""
    astrolabe.environment["ASTROLABE_OBSERVE_SECONDS"] = "0.1"
    astrolabe.worker()
    config, where = standin.config, standin.config.database
    assert where
    words = ("register", config.name, "--product", "standin", "--port", str(config.port), "--reason", "it runs")
    words += ("--database", f"postgresql://{where.user}@{where.host}:{where.port}/{where.name}")
    words += ("--password-from", str(where.password))
    env = {
        **astrolabe.environment,
        "ASTROLABE_URL": str(astrolabe.http.base_url),
        "ASTROLABE_TOKEN": astrolabe.http.headers["Authorization"].removeprefix("Bearer "),
    }
    told = await shell.run(run_astrolabe(*words), env=env, deadline=60)
    assert told.stdout.splitlines()[1:] == [
        "the worker on local finds out which version runs",
        f"Stand-in gateway 1.1.0 serves on port {config.port}",
    ]
    shown = await astrolabe.get(f"/instances/{config.name}")
    assert (shown["status"], shown["version"], shown["observed"]["in_sync"]) == ("idle", "1.1.0", True)
    standin.instance_id = shown["id"]
    await standin.stop()
    shown = await _shown(astrolabe, config.name, lambda each: not each["observed"]["in_sync"])
    assert (shown["version"], shown["observed"]["version"]) == ("1.1.0", None)
    assert shown["observed"]["seen"] == f"nothing serves on port {config.port}"
    listed = await shell.run(run_astrolabe("instances"), env=env, deadline=60)
    assert "what runs is not that" in listed.stdout
    await standin.owner_starts("1.6.0")
    await _shown(astrolabe, config.name, lambda each: each["observed"]["version"] == "1.6.0")
    words = ("adopt", config.name, "--reason", "upgraded by hand")
    taken = await shell.run(run_astrolabe(*words), env=env, deadline=60)
    assert taken.stdout == f"{config.name} is at 1.6.0 from here on\n"
    kinds = [each["type"] for each in (await astrolabe.get(f"/instances/{config.name}/history"))["items"]]
    assert kinds == ["instance_registered", "instance_adopted", *["instance_observed"] * 2, "drift_accepted"]
