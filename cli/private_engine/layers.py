"""Layers of an image, packed from files of this machine."""

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited

LIBRARY: Final = re.compile(r"(/[^ ]+) \(0x")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a layer: its content, or the file of this machine that has it, and who may run it."""

    content: bytes | Path
    executable: bool = False


@dataclass(frozen=True, slots=True)
class LayerFolder:
    """An empty folder of a layer, and who may enter it."""

    mode: int


Entry: TypeAlias = File | LayerFolder | str
"""What lies at a path; a word is a link to it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A packed layer: the file it is in, and its digests packed and plain."""

    packed: Path
    digest: str
    plain_digest: str


class _Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class _Hashed:
    """Passes on what is written, and hashes it."""

    def __init__(self, sink: _Sink) -> None:
        self._sink: _Sink = sink
        self._hash: Any = hashlib.sha256()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def write(self, data: bytes, /) -> int:
        self._hash.update(data)
        self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing, for nothing is held back."""


def pack(place: Path, entries: Mapping[str, Entry], owner: int = 0) -> Layer:
    """Pack what lies below an image's root; the same files of the same times give the same layer."""
    with place.open("wb") as raw:
        packed = _Hashed(raw)
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=0, mtime=0, filename="") as squeezed:
            plain: Any = _Hashed(squeezed)  # a stream is only written to, whatever tarfile's stubs ask for
            with tarfile.open(fileobj=plain, mode="w|", format=tarfile.GNU_FORMAT) as tar:
                for path, entry in sorted(entries.items()):
                    _add(tar, path, entry, owner)
    return Layer(place, packed.digest, plain.digest)


def tree(folder: Path, at: str, leave_out: Iterable[str] = ()) -> dict[str, Entry]:
    """List the files and links below a folder, by where they shall be in the image."""
    found: dict[str, Entry] = {}
    endings = tuple(leave_out)
    for path in folder.rglob("*"):
        inside = f"{at}/{path.relative_to(folder).as_posix()}"
        if path.is_symlink():
            found[inside] = str(path.readlink())
        elif path.is_file() and not inside.endswith(endings):
            found[inside] = File(path, executable=bool(path.stat().st_mode & 0o100))
    return found


async def libraries(programs: Iterable[Path]) -> dict[str, Entry]:
    """List the shared libraries of this machine that programs need, at their own places."""
    found: dict[str, Entry] = {}
    for program in programs:
        said = await shell.run(["ldd", program], env=inherited(), deadline=30, check=False)
        for line in said.stdout.splitlines():
            if named := LIBRARY.search(line):
                found[named[1].lstrip("/")] = File(Path(named[1]).resolve(), executable=True)
    return found


def _add(tar: tarfile.TarFile, path: str, entry: Entry, owner: int) -> None:
    header = tarfile.TarInfo(path)
    header.uid = header.gid = owner
    match entry:
        case str():
            header.type, header.linkname, header.mode = tarfile.SYMTYPE, entry, 0o777
            tar.addfile(header)
        case LayerFolder(mode):
            header.type, header.mode = tarfile.DIRTYPE, mode
            tar.addfile(header)
        case File(content, executable):
            header.mode = 0o755 if executable else 0o644
            if isinstance(content, Path):
                header.mtime = int(content.stat().st_mtime)  # by which Python knows the compiled form of a module
            header.size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                tar.addfile(header, source)
