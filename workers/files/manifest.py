"""A manifest: what one copy holds, tree by tree."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from astrolabe.store import whole_file
from astrolabe.workers.files.entry import Entry


class Tree(Struct, frozen=True):
    """One folder of a copy."""

    root: str
    """Where it is on the host, absolute."""
    leave: tuple[str, ...]
    """What in it belongs to no copy, from its root."""
    identity: tuple[int, int] | None
    """The root's device, and its number there; None where it was not there at all."""
    entries: tuple[Entry, ...]


class Manifest(Struct, frozen=True):
    """The folders that were copied together."""

    trees: tuple[Tree, ...]

    @property
    def files(self) -> int:
        """Return how many files there are."""
        return sum(entry.kind == "file" for tree in self.trees for entry in tree.entries)

    @property
    def size(self) -> int:
        """Return how many bytes they hold, each of them counted once."""
        return sum(entry.size for tree in self.trees for entry in tree.entries if entry.first is None)

    def contents(self) -> Iterator[str]:
        """Return the contents that it needs, by their SHA-256."""
        return (entry.sha256 for tree in self.trees for entry in tree.entries if entry.sha256)


def save(path: Path, manifest: Manifest) -> str:
    """Write a manifest whole, through to the disk; return the SHA-256 of its file."""
    content = msgspec.json.encode(manifest)
    whole_file.write(path, content, lasting=True, private=True)
    return hashlib.sha256(content).hexdigest()


def load(path: Path, sha256: str | None = None) -> Manifest | None:
    """Read a manifest; None where there is none. Raises ValueError where it is not what the log says it is."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{path} is not what was recorded")
    return msgspec.json.decode(content, type=Manifest)
