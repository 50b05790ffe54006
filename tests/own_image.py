"""Astrolabe's own image and those of its servers, packed from what this machine has."""

import shutil
import sysconfig
from pathlib import Path
from typing import Final

from astrolabe.cli.private_engine import bases
from astrolabe.cli.private_engine.layers import Entry, File, Layer, LayerFolder, libraries, pack, tree
from astrolabe.cli.private_engine.registry import Built, ImageRegistry
from astrolabe.workers.programs import tools
from tests.distributions import ASTROLABE, needed, parts
from tests.python_image import lean, python_files

PROJECT: Final = Path(__file__).parents[1]
FLOORS: Final = ("api", "astrolabe", "cli", "domain", "migrations", "store", "workers")
USER: Final = 10001
ASKED: Final = r"printf 'PING\r\nQUIT\r\n' | nc 127.0.0.1 6379 | grep -q NOAUTH"
DATA: Final[dict[str, Entry]] = {
    "var/lib/astrolabe": LayerFolder(0o700),
    "var/lib/astrolabe-webhooks": LayerFolder(0o700),
}


async def publish(registry: ImageRegistry, folder: Path) -> dict[str, object]:
    """Push the images of Astrolabe's own compose file; return what leads its services to them."""
    base, postgres = await bases.shell_layer(folder), await bases.postgres_layers(folder)
    valkey = Built([base, await _valkey(folder)], {"User": "app", "WorkingDir": "/data"})
    await registry.push("postgres", "18", Built([base, *postgres], bases.POSTGRES_CONFIG))
    await registry.push("valkey", "9", valkey)
    await registry.push("astrolabe", "local", Built([base, postgres[0], *await _own(folder)], _config()))
    ours = {"image": f"{registry.address}/astrolabe:local"}
    return {
        **dict.fromkeys(("migrate", "api", "relay", "worker"), ours),
        "db": {"image": f"{registry.address}/postgres:18"},
        # Of the wheel's Valkey there is only the server, so it is asked without its own client.
        "queue": {"image": f"{registry.address}/valkey:9", "healthcheck": {"test": ["CMD-SHELL", ASKED]}},
    }


def _config() -> dict[str, object]:
    env = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"/opt/astrolabe:{sysconfig.get_paths()['purelib']}",
        "ASTROLABE_DATA": "/var/lib/astrolabe",
        "ASTROLABE_PG_BIN": f"/{bases.POSTGRES}/pginstall/bin",
        "HOME": "/var/lib/astrolabe",
    }
    return {
        "Entrypoint": ["python3", "-m", "astrolabe"],
        "User": str(USER),
        "WorkingDir": "/opt/astrolabe",
        "Env": [f"{name}={value}" for name, value in env.items()],
    }


async def _own(folder: Path) -> list[Layer]:
    files = await python_files()
    for part in parts({ASTROLABE} | needed(ASTROLABE)):
        files |= lean(part)
    for floor in FLOORS:
        files |= tree(PROJECT / floor, f"opt/astrolabe/{floor}")
    files |= await _docker()
    return [pack(folder / "own.tar.gz", files), pack(folder / "own-data.tar.gz", DATA, USER)]


async def _docker() -> dict[str, Entry]:
    docker, plugin = shutil.which("docker"), tools.compose_plugin()
    assert docker
    assert plugin
    return {
        **await libraries([Path(docker), plugin]),
        "usr/bin/docker": File(Path(docker).resolve(), executable=True),
        "usr/libexec/docker/cli-plugins/docker-compose": File(plugin.resolve(), executable=True),
    }


async def _valkey(folder: Path) -> Layer:
    linked = await libraries([tools.valkey()])
    files: dict[str, Entry] = {**linked, "usr/bin/valkey-server": File(tools.valkey(), executable=True)}
    return pack(folder / "valkey.tar.gz", {**files, "bin/nc": "busybox", "data": LayerFolder(0o1777)})
