"""An owner of a gateway, who started it by hand and told Astrolabe only what was asked."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.shell import Child
from tests.world import PASSWORD, World

ROOT = Path("/")


def owners_environment(standin: World) -> dict[str, str]:
    """Return what an owner would have typed who has just what the registration says, in words of their own."""
    where, port = standin.config.database, standin.config.port
    assert where
    return {
        "PATH": f"{tools.node().parent}:/usr/bin:/bin",
        "HOME": "/root",
        "PWD": "/",
        "SHLVL": "1",
        "npm_lifecycle_event": "npx",
        "INVOCATION_ID": "7d9d3b2e",
        "DATABASE_URL": f"postgres://{where.user}:{PASSWORD}@localhost:{where.port}/{where.name}",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
    }


@contextlib.asynccontextmanager
async def owner(
    standin: World,
    *args: str,
    version: str = "1.1.0",
    folder: Path = ROOT,
    user: ProcessUser | None = None,
    **changes: str,
) -> AsyncGenerator[Child]:
    """Let the owner start the gateway in the place of the one that runs, and wait until it serves."""
    await standin.stop()
    tree = npm.shelf(standin.host.artifacts(), await standin.artifact(version))
    command: Sequence[str | Path] = (tree / "node_modules" / ".bin" / "standin-gateway", *args)
    log = standin.host.instance_folder(standin.instance_id) / "owner.log"
    child = shell.supervise(command, env={**owners_environment(standin), **changes}, log=log, cwd=folder, user=user)
    try:
        async with Probe.open(standin.config, standin.product) as probe:
            await standin.until(probe.health)
        yield child
    finally:
        await child.stop()
