"""The Node wheel's npm, for tests: against a registry of ours in a home of its own, or to fetch from the machine's."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from astrolabe.workers.programs import tools
from astrolabe.workers.programs.command import Finished
from astrolabe.workers.programs.shell import run

PG: Final = "pg@8"


def environment(registry: str, home: Path) -> dict[str, str]:
    """An environment in which npm knows nothing but this registry, and keeps everything under `home`."""
    return {
        "PATH": os.pathsep.join((str(tools.node().parent), "/usr/bin", "/bin")),
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1",
        "npm_config_registry": registry,
        "npm_config_cache": str(home / "npm-cache"),
        "npm_config_userconfig": str(home / "npmrc"),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "npm_config_yes": "true",
        # npm would wait 10 s and more before it asks a registry again.
        "npm_config_fetch_retries": "0",
    }


async def npm(*words: str, registry: str, home: Path, npx: bool = False, check: bool = True) -> Finished:
    """Run npm, or npx, against a registry; `home` exists."""
    argv = [*(tools.npx() if npx else tools.npm()), *words]
    return await run(argv, env=environment(registry, home), cwd=home, deadline=60, check=check)


def pg_modules(folder: Path) -> Path:
    """A node_modules folder that holds the real pg, fetched from the machine's registry unless `folder` has it."""
    return modules(folder, PG, "pg")


def modules(folder: Path, package: str, name: str) -> Path:
    """A node_modules folder that holds a real package, fetched from the machine's registry unless `folder` has it."""
    ready = folder / "node_modules"
    if not (ready / name).is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            subprocess.run(
                [*tools.npm(), "install", "--prefix", fresh, "--ignore-scripts", "--no-audit", "--no-fund", package],
                env={
                    **os.environ,
                    "PATH": os.pathsep.join((str(tools.node().parent), os.environ.get("PATH", os.defpath))),
                },
                cwd=fresh,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=120,
                check=True,
            )
            # Whole or not at all: an interrupted fetch must not pass for a finished one.
            with contextlib.suppress(OSError):  # another process of tests was faster
                (Path(fresh) / "node_modules").rename(ready)
    return ready
