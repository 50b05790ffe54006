"""What preflight looks at of the folders beside the database."""

import asyncio
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from astrolabe.domain.instances.file_rules import KeptFolder, Mount, Rules, plain, rule_for, unsettled
from astrolabe.domain.upgrades.file_findings import FileFindings, FolderFinding
from astrolabe.workers.files.entry import Entry, Unkeepable, scan
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.kinds.kept_folders import kept_folders, rules_of

WITHIN: Final = ("/bin", "/boot", "/dev", "/lib", "/lib64", "/proc", "/sbin", "/sys")
"""Folders of the host's own, in which nothing is an instance's."""

WHOLE: Final = (
    "/",
    "/etc",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/srv",
    "/tmp",  # noqa: S108  refused
    "/usr",
    "/var",
    "/var/lib",
)
"""Folders of the host's own, in which an instance may have one."""


async def find_files(site: Site, driver: Driver) -> FileFindings:
    """Look at every folder that the instance's containers may write to, and at all that are to be kept."""
    mounts, rules, kept = await driver.mounts() or [], rules_of(site), await kept_folders(site, driver)
    return await asyncio.to_thread(_findings, site, mounts, rules, kept)


def _findings(site: Site, mounts: list[Mount], rules: Rules, kept: tuple[KeptFolder, ...]) -> FileFindings:
    asked = {each.source for each in unsettled(mounts, rules)}
    others = {each.source: each for each in mounts if each.source not in {folder.root for folder in kept}}
    found = [_kept(site, each, mounts) for each in kept]
    for source, mount in others.items():
        settled = any(each.root.startswith(f"{source}/") for each in kept)
        rule = None if source in asked else rule_for(plain(mount.destination), rules) or "leave"
        if not (settled and rule):
            here = any(each.here for each in mounts if each.source == source)
            found.append(FolderFinding(_words(mount), rule, _size(Path(source)) if here else None))
    folder = site.host.files(site.instance_id)
    return FileFindings(tuple(found), str(folder), shutil.disk_usage(folder).free)


def _words(mount: Mount) -> str:
    where = mount.name if mount.name.startswith("/") else f"the volume {mount.name}"
    return f"{mount.destination} of {mount.service} ({where})"


def _kept(site: Site, folder: KeptFolder, mounts: Iterable[Mount]) -> FolderFinding:
    root = Path(folder.root)
    around = [each for each in mounts if root.is_relative_to(each.source)]
    where = " and ".join(dict.fromkeys(_words(each) for each in around if each.source == folder.root)) or folder.root
    if trouble := _elsewhere(root, around) if around else _linked(root):
        return FolderFinding(where, "keep", None, trouble)
    if trouble := _trouble(site, root.resolve()):
        return FolderFinding(where, "keep", None, trouble)
    try:
        entries = list(scan(root, folder.leave))
    except (OSError, Unkeepable) as error:
        return FolderFinding(where, "keep", None, str(error))
    return FolderFinding(where, "keep", sum(each.size for each in entries if each.first is None), _unowned(entries))


def _trouble(site: Site, root: Path) -> str | None:
    ours = site.host.folder.resolve()
    if str(root) in WHOLE or any(root.is_relative_to(each) for each in WITHIN):
        return "it is a folder of the system"
    if ours.is_relative_to(root) or root.is_relative_to(ours / "files"):
        return "Astrolabe keeps its own copies there"
    return None if root.is_dir() else "it is no folder on this worker's host"


def _elsewhere(root: Path, around: Sequence[Mount]) -> str | None:
    if not any(each.here for each in around):
        return (
            "it is not seen to be on this worker's host; run the worker there, as root, and leave the container running"
        )
    if any(Path(each.source).is_mount() for each in around if not each.name.startswith("/")):
        return "the engine mounts it only while a container uses it, so it could not be copied once that is stopped"
    inside = any(root.resolve().is_relative_to(Path(each.source).resolve()) for each in around)
    return None if inside else "a link leads out of it"


def _linked(root: Path) -> str | None:
    return None if root.resolve() == root else f"there is a link on the way to it; name {root.resolve()}"


def _unowned(entries: Iterable[Entry]) -> str | None:
    if os.geteuid() == 0 or all(each.owner == os.geteuid() for each in entries):
        return None
    return "some of its files are another user's, and only root can put those back; run the worker as root"


def _size(source: Path) -> int | None:
    try:
        return sum(each.size for each in scan(source) if each.first is None)
    except (OSError, Unkeepable):
        return None
