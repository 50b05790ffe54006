"""Resting: how much memory API, relay and worker hold when nobody asks for anything."""

import asyncio
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from astrolabe.cli import options
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.workers.programs import shell
from bench.server import HOME, environment

BIND = "127.0.0.1:8491"
STILL_SECONDS = 5.0
"""How long a process must hold the same memory to be called at rest."""


async def at_rest(url: str, redis: str) -> dict[str, float]:
    """Start each process as its command does; return the resident memory of each in MB, once it no longer changes."""
    commands = {"api": ["api", "--bind", BIND], "relay": ["relay"], "worker": ["worker"]}
    with TemporaryDirectory() as folder:
        env = environment(DATABASE_URL=url, REDIS_URL=redis, ASTROLABE_DATA=folder)
        async with contextlib.AsyncExitStack() as stack:
            children: dict[str, shell.Child] = {}
            for name, words in commands.items():
                argv = run_astrolabe(*words)
                children[name] = shell.supervise(argv, env=env, log=Path(folder) / f"{name}.log", cwd=HOME)
                stack.push_async_callback(children[name].stop)
            await until_ready(options.base_url(BIND))
            return {name: await _settled(psutil.Process(child.pid)) for name, child in children.items()}


async def _settled(process: psutil.Process) -> float:
    before = 0
    while (now := process.memory_info().rss) != before:
        before = now
        await asyncio.sleep(STILL_SECONDS)
    return now / 2**20
