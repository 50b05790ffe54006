"""npm's own cache on this host: what it holds can be installed again without asking a registry."""

import base64
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import shell, tools

ASK_SECONDS = 60.0

_folders: Final[dict[frozenset[tuple[str, str]], Path]] = {}


class Locked(Struct, frozen=True, rename="camel"):
    """A package as npm's lock of a tree describes it; one that came inside another has no tarball of its own."""

    integrity: str = ""
    in_bundle: bool = False


class Lock(Struct, frozen=True):
    """npm's lock of a tree."""

    packages: dict[str, Locked] = {}


async def holds(tree: Path) -> bool:
    """Return whether every tarball that a tree was made of is in the cache of the worker's user."""
    lock = msgspec.json.decode((tree / "node_modules" / ".package-lock.json").read_bytes(), type=Lock)
    contents = await _folder() / "_cacache" / "content-v2"
    needed = {each.integrity for each in lock.packages.values() if each.integrity and not each.in_bundle}
    return all((contents / _place(each)).is_file() for each in needed)


async def _folder() -> Path:
    """Ask npm where its cache is, once in a worker's life and environment."""
    env = npm.environment()
    asked = frozenset(env.items())
    if asked not in _folders:
        command = [*tools.npm(), "config", "get", "cache"]
        _folders[asked] = Path((await shell.run(command, env=env, deadline=ASK_SECONDS)).stdout.strip())
    return _folders[asked]


def _place(integrity: str) -> str:
    """Name the file of a tarball; npm writes its hash in one form and keeps it in another."""
    algorithm, _, digest = integrity.split(maxsplit=1)[0].partition("-")
    name = base64.b64decode(digest).hex()
    return f"{algorithm}/{name[:2]}/{name[2:4]}/{name[4:]}"
