"""An owner: whoever had the instance before Astrolabe, with an old version that runs, and perhaps a supervisor."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Final

import httpx
import psutil

from astrolabe.workers.programs import shell, tools
from tests.chaos.target import OLD
from tests.standin.releases import GATEWAY, NAME, Package, unpack

PATIENCE_SECONDS: Final = 30.0
# As a person does who types `gateway &` and leaves: nobody is its parent any more, and its session is theirs.
DETACHED: Final = """setsid sh -c '"$@" &' sh "$@" """
LOOP: Final = Path(__file__).with_name("loop.sh")


def installed(package: Package, folder: Path) -> Path:
    """Lay a package out as `npm install` does, once; return the tree."""
    tree = folder / f"owner-{OLD}"
    home = tree / "node_modules" / NAME
    if not home.exists():
        home.parent.mkdir(parents=True)
        unpack(package, tree).parent.rename(home)
        (tree / "node_modules" / ".bin").mkdir()
        (tree / "node_modules" / ".bin" / NAME).symlink_to(Path("..") / NAME / GATEWAY.name)
    return tree


def node_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that a user's shell gives a gateway."""
    return {"PATH": os.pathsep.join((str(tools.node().parent), "/usr/bin", "/bin")), **more}


def start(tree: Path, environment: Mapping[str, str], log: Path) -> None:
    """Start the old version and leave it to itself."""
    gateway = str(tree / "node_modules" / ".bin" / NAME)
    shell.spawn(["/bin/sh", "-c", DETACHED, "sh", tools.node(), gateway], env=environment, log=log, cwd=tree)


@asynccontextmanager
async def supervised(tree: Path, environment: Mapping[str, str], log: Path) -> AsyncGenerator[None]:
    """Keep the old version running, whatever anybody does to it."""
    loop = shell.supervise(["/bin/bash", LOOP, tools.node(), tree], env=environment, log=log, cwd=tree)
    try:
        yield
    finally:
        await loop.stop(SIGKILL, group=True)


async def serving(url: str) -> None:
    """Wait until a gateway serves."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=2) as http, asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/health")).is_success:
                    return
            await asyncio.sleep(0.02)


def gateways(database: str) -> list[psutil.Process]:
    """List the processes that serve, or would, on a database or one that was made of it, whoever started them."""
    return [each for each in psutil.process_iter() if _serves(each, database)]


def _serves(process: psutil.Process, database: str) -> bool:
    with contextlib.suppress(psutil.Error):
        argv = process.cmdline()
        # Not the shells and the npx around one.
        if len(argv) < 2 or Path(argv[0]).name != "node" or not argv[1].endswith((NAME, GATEWAY.name)):
            return False
        url = process.environ().get("DATABASE_URL", "")
        return f"/{database}" in url and process.status() != psutil.STATUS_ZOMBIE
    return False


def end_all(database: str) -> None:
    """End every gateway of a database."""
    for each in gateways(database):
        with contextlib.suppress(psutil.Error):
            each.kill()
