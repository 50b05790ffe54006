"""An auditor and an Astrolabe of real processes: what leaves the house, and what a person types to check it."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from astrolabe.cli.commands import audit as command
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.workers.programs.shell import Finished, run
from tests.e2e.processes import Astrolabe
from tests.waiting import until
from tests.workers.receiver import Receiver

pytestmark = pytest.mark.e2e

FLAGS = {"name": "flags", "product": "unleash", "version": "5.6.0", "port": 4242}
DATABASE = {"name": "unleash", "user": "unleash"}


async def audit(*words: str | Path, **reached: str) -> Finished:
    """Run `astrolabe audit ...` as a person would, who has no database."""
    argv = run_astrolabe("audit", *map(str, words))
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **reached}
    return await run(argv, env=env, cwd=Path(__file__).parents[2], deadline=60, check=False)


def offline(*words: str | Path) -> Result:
    """Run what reaches nobody in this process."""
    return CliRunner().invoke(command.audit, [str(word) for word in words])


async def test_an_auditor_checks_what_left_the_house(
    database_url: str, valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint was posted; later exports and evidence hold against it with nothing but the printed key."""
    data, kept, trail, archive = (tmp_path / name for name in ("data", "kept", "trail.jsonl", "one.zip"))
    async with Receiver.listening() as receiver:
        monkeypatch.setenv("ASTROLABE_CHECKPOINT_URLS", receiver.url)
        async with Astrolabe.started(database_url, valkey.url, data, None, tmp_path) as astrolabe:
            await astrolabe.post("/instances", 201, **FLAGS, database=DATABASE)
            asked = await astrolabe.post("/upgrades", instance="flags", target="6.10.1", reason="to try it")
            await until(lambda: "\n3\n" in "".join(receiver.bodies[-1:]), 30)
            kept.write_text(receiver.bodies[-1])
            await astrolabe.post(f"/upgrades/{asked['id']}/cancel", reason="changed my mind")
            await until(lambda: "\n4\n" in receiver.bodies[-1], 30)
            token = astrolabe.http.headers["Authorization"].removeprefix("Bearer ")
            reached = {"ASTROLABE_URL": str(astrolabe.http.base_url), "ASTROLABE_TOKEN": token}
            assert (await audit("checkpoint", **reached)).stdout == receiver.bodies[-1]
            assert (await audit("export", "-o", trail, **reached)).returncode == 0
            assert (await audit("evidence", asked["id"], "-o", archive, **reached)).returncode == 0
    key = offline("key", "--data", data).output.strip()
    held = offline("verify", trail, "--key", key, "--since", kept, "--tiles", data / "tlog")
    assert (held.exit_code, "HOLDS: 4 events of 2 streams" in held.output) == (0, True), held.output
    held = offline("verify", archive, "--key", key)
    assert (held.exit_code, "HOLDS: 2 events of upgrade" in held.output) == (0, True), held.output
    trail.write_bytes(trail.read_bytes().replace(b"to try it", b"to break!"))
    broken = offline("verify", trail, "--key", key)
    assert (broken.exit_code, "DOES NOT HOLD at position 2" in broken.output) == (1, True), broken.output
