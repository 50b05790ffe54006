"""The tree that a gateway runs from, copied: what its packages' tarballs hold, and it holds byte for byte, or nothing.

What proves it is npm's own: the lock that it left in the tree names each package's SHA-512, and its cache on this host
has the tarballs. Nobody else is asked, and what runs is what goes back, dependencies included.
"""

import asyncio
import base64
import contextlib
import hashlib
import io
import os
import stat
import tarfile
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from astrolabe.domain.plans.plan import Artifact
from astrolabe.store.progress import Amount
from astrolabe.workers.kinds.driver import OnFetch
from astrolabe.workers.kinds.npm import cache
from astrolabe.workers.kinds.npm.cache import LOCK, Locked

PACKED_AS_GZIP = zlib.MAX_WBITS | 16


class Unproven(Exception):  # noqa: N818  no fault of anybody's: it is installed, then
    """Why a tree cannot be proven to be what its packages hold."""


async def copy(tree: Path, artifact: Artifact, to: Path, on_fetch: OnFetch, *, scripts: bool) -> int:
    """Copy a tree into an empty folder; return how many packages it holds, and raise Unproven where that is not sure.

    With `scripts` a package may have been given files by scripts of its own, which nothing proves.
    """
    packages = _locked(tree, artifact)
    if built := [_name(path) for path, each in packages.items() if scripts and each.has_install_script]:
        raise Unproven(f"scripts of {', '.join(built)} made files that no tarball holds")
    contents = await cache.contents()
    loop, stop = asyncio.get_running_loop(), threading.Event()

    def work() -> None:
        for done, (path, locked) in enumerate(packages.items(), 1):
            if stop.is_set():
                return
            _copy_package(tree, path, _tarball(contents, path, locked), to)
            loop.call_soon_threadsafe(on_fetch, Amount(done, len(packages), "packages"))
        _copy_links(tree, packages, to)
        (to / LOCK).write_bytes((tree / LOCK).read_bytes())

    copying = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(copying)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([copying])
        raise
    except OSError as error:
        raise Unproven(f"{tree} could not be copied: {error.strerror}") from error
    return len(packages)


def _locked(tree: Path, artifact: Artifact) -> Mapping[str, Locked]:
    """Read which packages with a tarball of their own a tree holds."""
    try:
        of_others = (tree / "node_modules").stat().st_uid != os.geteuid()
        packages = cache.lock(tree)
    except (OSError, msgspec.DecodeError):
        raise Unproven(f"npm left no lock in {tree}") from None
    if of_others:  # whoever owns it would choose for every instance of this version what their way back is
        raise Unproven(f"{tree} belongs to another user")
    own = packages.get(f"node_modules/{artifact.package}", Locked())
    if (own.version, own.integrity) != (artifact.version, artifact.integrity):
        raise Unproven(f"{tree} holds {own.version or 'no version'} {own.integrity}")
    found = {path: each for path, each in packages.items() if not each.in_bundle}
    if strange := [_name(path) for path, each in found.items() if each.link or not each.integrity or _leaves(path)]:
        raise Unproven(f"{', '.join(strange)} came from no registry")
    return found


def _name(path: str) -> str:
    return path.rpartition("node_modules/")[2]


def _leaves(path: str) -> bool:
    return not path.startswith("node_modules/") or ".." in PurePosixPath(path).parts


def _tarball(contents: Path, path: str, locked: Locked) -> bytes:
    try:
        packed = (contents / cache.place(locked.integrity)).read_bytes()
    except (OSError, ValueError):
        raise Unproven(f"npm's cache does not hold {_name(path)} {locked.version}") from None
    if _sha512(packed) != locked.integrity.split(maxsplit=1)[0]:
        raise Unproven(f"what npm's cache holds as {_name(path)} {locked.version} is not that")
    return packed


def _sha512(packed: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(packed).digest()).decode()}"


def _copy_package(tree: Path, path: str, packed: bytes, to: Path) -> None:
    """Write what a tarball holds, each file of which the tree must hold as it came."""
    source, target = str(tree / path), str(to / path)  # of tens of thousands of files, each Path costs
    made: set[str] = set()
    for inside, content in _files(path, packed):
        folder, _, name = inside.rpartition("/")
        place = inside
        if name == ".gitignore" and not os.path.lexists(f"{source}/{inside}"):  # npm unpacks it under another name
            place = f"{inside.removesuffix(name)}.npmignore"
        try:
            mode, holds = _read(f"{source}/{place}")
        except OSError:
            raise Unproven(f"{path}/{place} is not there") from None
        if holds != content:
            raise Unproven(f"{path}/{place} is not as it came")
        if folder not in made:
            os.makedirs(f"{target}/{folder}", exist_ok=True)  # noqa: PTH103
            made.add(folder)
        _write(f"{target}/{place}", content, 0o755 if mode & stat.S_IXUSR else 0o644)


def _files(path: str, packed: bytes) -> Iterator[tuple[str, bytes]]:
    """List the files of a tarball by their place in the package; npm leaves links out."""
    try:
        content = zlib.decompress(packed, PACKED_AS_GZIP)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                inside = member.name.partition("/")[2]
                if member.isreg() and inside:
                    if inside.startswith("/") or ".." in inside.split("/"):
                        raise Unproven(f"{path} holds a file of another folder")
                    yield inside, content[member.offset_data : member.offset_data + member.size]
    except (tarfile.TarError, zlib.error):
        raise Unproven(f"the tarball of {path} cannot be read") from None


def _read(file: str) -> tuple[int, bytes]:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as opened:
        return os.fstat(descriptor).st_mode, opened.readall()


def _write(file: str, content: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _copy_links(tree: Path, packages: Iterable[str], to: Path) -> None:
    """Make the links of `.bin` again that lead to files which were copied."""
    for folder in (".", *packages):
        bin_folder = Path(folder, "node_modules", ".bin")
        with contextlib.suppress(OSError):
            for each in (tree / bin_folder).iterdir():
                leads = each.readlink()
                aim = Path(os.path.normpath(to / bin_folder / leads))
                if not leads.is_absolute() and aim.is_relative_to(to) and aim.is_file():
                    (to / bin_folder).mkdir(parents=True, exist_ok=True)
                    (to / bin_folder / each.name).symlink_to(leads)
