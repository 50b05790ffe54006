"""A checkup: is all here that Astrolabe needs, looked at one thing after the other."""

import asyncio
import contextlib
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
from msgspec import Struct

from astrolabe.cli.options import DEFAULT_PORT
from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import KEYS, VARIABLE
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.store.ports import is_free
from astrolabe.store.settings import Settings
from astrolabe.workers.programs import tools
from astrolabe.workers.programs.command import CommandProblem
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import run
from astrolabe.workers.programs.tools import ToolMissing

OLDEST_NODE: Final = 20
OLDEST_POSTGRES: Final = 14
SPACE: Final = 2 << 30
"""Bytes that must be free: a dump, a copy and two versions of a small product."""
SECONDS: Final = 20.0


class Finding(Struct, frozen=True):
    """One thing that was looked at; what is missing and not needed by everyone is `optional`."""

    name: str
    ok: bool
    seen: str
    todo: str = ""
    optional: bool = False


def checkup(data: Path) -> Iterator[Finding]:
    """Look at everything that this host must have, one finding after the other."""
    settings = Settings.read()
    yield Finding("Python", True, sys.version.split()[0])
    yield from _folder(data)
    yield _space(data)
    for name in ("pg_dump", "pg_restore", "psql"):
        yield _tool(name, lambda name=name: [str(tools.postgres(name)), "--version"], OLDEST_POSTGRES)
    if not settings.database_url:
        yield _tool("PostgreSQL's server", lambda: [str(tools.postgres("postgres")), "--version"], OLDEST_POSTGRES)
        yield _account()
    if not settings.redis_url:
        yield _tool("Valkey", lambda: [str(tools.valkey()), "--version"])
    yield _tool("Node.js, for packages", lambda: [str(tools.node()), "--version"], OLDEST_NODE, optional=True)
    yield _tool("npm, for packages", lambda: [*tools.npm(), "--version"], optional=True)
    yield _tool("Docker, for projects", lambda: [str(tools.docker()), "--version"], optional=True)
    yield _tool("Compose, for projects", _compose, optional=True)
    yield _port()


def _compose() -> list[str]:
    if plugin := tools.compose_plugin():
        return [str(plugin), "version", "--short"]
    raise ToolMissing("Docker's plugin compose", "install docker-compose-plugin")


def _tool(name: str, argv: Callable[[], Sequence[str]], oldest: int = 0, *, optional: bool = False) -> Finding:
    """Start a program that says its version."""
    try:
        words = argv()
        said = asyncio.run(run(words, env=inherited(), deadline=SECONDS)).stdout.strip().partition("\n")[0]
    except (ToolMissing, CommandProblem) as error:
        return Finding(name, False, "not here", " ".join(str(error).split()), optional)
    found = re.search(r"\d+", said)
    if oldest and (found is None or int(found[0]) < oldest):
        return Finding(name, False, _seen(said, words[0]), f"Install version {oldest} or newer.", optional)
    return Finding(name, True, _seen(said, words[0]))


def _seen(said: str, program: str) -> str:
    """Return a program's version, and where it is unless it came with Astrolabe."""
    found = re.search(r"\d+(\.\d+)*", said)
    version = found[0] if found else said
    return version if Path(program).is_relative_to(sys.prefix) else f"{version}, {program}"


def _folder(data: Path) -> Iterator[Finding]:
    there = next(each for each in (data, *data.parents) if each.exists())
    if there != data:
        may = os.access(there, os.W_OK | os.X_OK)
        seen = f"{data} is not there yet; --data, or {VARIABLE}, names another"
        yield Finding("data folder", may, seen, "" if may else _elsewhere(there))
        return
    mine = data.is_dir() and data.stat().st_uid == os.geteuid() and os.access(data, os.W_OK | os.X_OK)
    yield Finding("data folder", mine, str(data), "" if mine else _elsewhere(data))
    keys = data / KEYS
    if mine and keys.is_dir():
        open_to = stat.S_IMODE(keys.stat().st_mode) & 0o077
        todo = f"Keep it to its owner: chmod 700 {keys}." if open_to else ""
        yield Finding("signing keys", not open_to, f"{keys}", todo)


def _elsewhere(folder: Path) -> str:
    return f"{folder} cannot be written by this user: set {VARIABLE} to a folder of your own."


def _space(data: Path) -> Finding:
    there = next(each for each in (data, *data.parents) if each.exists())
    free = shutil.disk_usage(there).free
    seen = f"{free / (1 << 30):.1f} GiB free at {there}"
    return Finding("space", free >= SPACE, seen, "" if free >= SPACE else "Make room: 2 GiB, and twice your databases.")


def _account() -> Finding:
    try:
        account = service_account()
    except Unavailable as error:
        return Finding("user of servers", False, "none", str(error))
    return Finding("user of servers", True, account.name if account else "this user")


def _port() -> Finding:
    if is_free(DEFAULT_PORT):
        return Finding("port", True, f"{DEFAULT_PORT} is free")
    if _is_astrolabe():
        return Finding("port", True, f"{DEFAULT_PORT}: an Astrolabe answers there")
    todo = f"Give another port: astrolabe up --bind 127.0.0.1:{DEFAULT_PORT + 1}."
    return Finding("port", False, f"{DEFAULT_PORT} is taken", todo, optional=True)


def _is_astrolabe() -> bool:
    """Return whether what has the port wants a token as an Astrolabe does."""
    with contextlib.suppress(httpx.HTTPError):
        said = httpx.get(f"http://127.0.0.1:{DEFAULT_PORT}/instances", timeout=2, trust_env=False)
        return said.status_code == HTTPStatus.UNAUTHORIZED and "token-missing" in said.text
    return False
