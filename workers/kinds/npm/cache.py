"""npm's own cache on this host: what it holds can be installed again without asking a registry."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import shell, tools

ASK_SECONDS = 60.0
LOCK = "node_modules/.package-lock.json"
"""Where npm writes in a tree what it put there."""

_folders: Final[dict[frozenset[tuple[str, str]], Path]] = {}


class Locked(Struct, frozen=True, rename="camel"):
    """A package as npm's lock of a tree describes it; one that came inside another has no tarball of its own."""

    version: str = ""
    integrity: str = ""
    in_bundle: bool = False
    link: bool = False
    has_install_script: bool = False


class Lock(Struct, frozen=True):
    """npm's lock of a tree."""

    packages: dict[str, Locked] = {}


async def holds(tree: Path) -> bool:
    """Return whether every tarball that a tree was made of is in the cache of the worker's user."""
    held = await contents()
    needed = {each.integrity for each in lock(tree).values() if each.integrity and not each.in_bundle}
    return all((held / place(each)).is_file() for each in needed)


def lock(tree: Path) -> Mapping[str, Locked]:
    """Read which packages npm put into a tree, by their places in it."""
    return msgspec.json.decode((tree / LOCK).read_bytes(), type=Lock).packages


async def contents() -> Path:
    """Return the folder in which npm's cache holds tarballs by their hashes."""
    return await _folder() / "_cacache" / "content-v2"


async def _folder() -> Path:
    """Ask npm where its cache is, once in a worker's life and environment."""
    env = npm.environment()
    asked = frozenset(env.items())
    if asked not in _folders:
        command = [*tools.npm(), "config", "get", "cache"]
        _folders[asked] = Path((await shell.run(command, env=env, deadline=ASK_SECONDS)).stdout.strip())
    return _folders[asked]


def place(integrity: str) -> str:
    """Name the file of a tarball in the cache; npm writes its hash in one form and keeps it in another."""
    algorithm, _, digest = integrity.split(maxsplit=1)[0].partition("-")
    name = base64.b64decode(digest).hex()
    return f"{algorithm}/{name[:2]}/{name[2:4]}/{name[4:]}"
