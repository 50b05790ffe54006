"""Gateways that keep nothing, and what they answer."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from astrolabe.workers.instance.listening import pids
from astrolabe.workers.programs import tools

SCRIPT: Final = Path(__file__).with_name("answering.js")
LOOKS: Final = 30
"""How often one looks whether something comes back; each supervisor here would bring it back within a few."""


class Answer(Struct, frozen=True):
    """What a gateway tells of itself."""

    version: str
    pid: int
    args: list[str]
    cwd: str
    told: str | None = None


def installed(folder: Path, version: str) -> tuple[str, str]:
    """Install a version; the words that start it."""
    tree = folder / version
    tree.mkdir(parents=True, exist_ok=True)
    return str(tools.node()), str(shutil.copy(SCRIPT, tree / SCRIPT.name))


async def answered(port: int) -> Answer | None:
    """Return what answers on a port, None where nothing does."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        try:
            answer = await http.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            return None
    return msgspec.json.decode(answer.content, type=Answer)


async def serving(port: int) -> Answer:
    """Wait until a gateway answers."""
    async with asyncio.timeout(20):
        while (answer := await answered(port)) is None:
            await asyncio.sleep(0.02)
    return answer


async def stays_away(port: int) -> bool:
    """Look again and again whether anything answers; return whether nothing ever did."""
    for _ in range(LOOKS):
        if pids(port):
            return False
        await asyncio.sleep(0.05)
    return True


async def comes_back(port: int, killed: int) -> Answer:
    """Wait until another process answers in the place of one that was killed."""
    async with asyncio.timeout(20):
        while (answer := await answered(port)) is None or answer.pid == killed:
            await asyncio.sleep(0.02)
    return answer


async def until(asked: Callable[[], Awaitable[bool]]) -> None:
    """Ask until the answer is yes."""
    async with asyncio.timeout(20):
        while not await asked():
            await asyncio.sleep(0.02)
