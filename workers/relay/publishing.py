"""Publishing: writes checkpoint and tiles to a folder outside the database, for anybody to serve or copy."""

import asyncio
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from astrolabe.domain.audit.checkpoint import Checkpoint, read_checkpoint
from astrolabe.domain.audit.merkle import verify_consistency
from astrolabe.domain.audit.note import NoteError, parse_note
from astrolabe.domain.audit.tiles import WIDTH, tiles_between
from astrolabe.store.audit.checkpoints import Signed
from astrolabe.store.audit.tree import Tree
from astrolabe.store.whole_file import write

CHECKPOINT = "checkpoint"
TILES = "tile"
ENTRIES = PurePosixPath(TILES, "entries")

Opened: TypeAlias = Literal["hashes", "entries"]
"""What others of the host may read of the folder: all but the entries, or the entries too, which hold every event."""


class Contradiction(Exception):  # noqa: N818  a finding, not a fault
    """What was published is not what the log says now; nothing published is overwritten."""


class Unwritable(Exception):  # noqa: N818  what is so
    """The folder cannot be written."""


class Publisher:
    """One folder of one log."""

    def __init__(self, folder: Path, tree: Tree, opened: Opened | None = None) -> None:
        self._folder: Path = folder
        self._tree: Tree = tree
        self._opened: Opened | None = opened
        self._mended: bool = False

    async def publish(self, signed: Signed) -> None:
        """Bring the folder up to a checkpoint, which is written last; raises Contradiction where it says otherwise."""
        new = read_checkpoint(parse_note(signed.note))
        old = self._published()
        if old:
            await self._compare(old, new)
        try:
            if not self._mended:
                await asyncio.to_thread(self._mend)
            await self._write(old, new, signed.note)
        except OSError as error:
            raise Unwritable(f"{self._folder} cannot be written: {error.strerror}") from None

    async def _write(self, old: Checkpoint | None, new: Checkpoint, note: str) -> None:
        for tile in tiles_between(old.size if old else 0, new.size):
            await asyncio.to_thread(self._put, tile.path, await self._tree.file(tile))
            if tile.width == WIDTH:
                # Whoever still looks for a narrower one finds it at the beginning of the whole.
                await asyncio.to_thread(shutil.rmtree, self._folder / f"{tile.path}.p", ignore_errors=True)
        await asyncio.to_thread(self._put, CHECKPOINT, note.encode(), lasting=True)

    def _put(self, name: str, content: bytes, *, lasting: bool = False) -> None:
        for folder in reversed(PurePosixPath(name).parents):
            place = self._folder / folder
            if not place.is_dir():
                place.mkdir(parents=True)
                place.chmod(self._mode(folder, of_folder=True))
        is_open = self._is_open(PurePosixPath(name))
        write(self._folder / name, content, lasting=lasting, private=not is_open, public=is_open)

    def _mend(self) -> None:
        """Open or close what lies there already, from another start with other settings."""
        for path in self._published_paths():
            found = path.lstat()
            mode = self._mode(PurePosixPath(path.relative_to(self._folder)), of_folder=path.is_dir())
            if stat.S_IMODE(found.st_mode) != mode and not stat.S_ISLNK(found.st_mode):
                path.chmod(mode)
        self._mended = True

    def _published_paths(self) -> Iterator[Path]:
        for path in (self._folder, self._folder / CHECKPOINT, self._folder / TILES):
            if path.exists():
                yield path
        yield from (self._folder / TILES).rglob("*")

    def _mode(self, path: PurePosixPath, *, of_folder: bool) -> int:
        if self._is_open(path):
            return 0o755 if of_folder else 0o644
        return 0o700 if of_folder else 0o600

    def _is_open(self, path: PurePosixPath) -> bool:
        return self._opened == "entries" or (self._opened == "hashes" and not path.is_relative_to(ENTRIES))

    def _published(self) -> Checkpoint | None:
        try:
            return read_checkpoint(parse_note((self._folder / CHECKPOINT).read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (NoteError, UnicodeDecodeError) as error:
            raise Contradiction(f"{self._folder / CHECKPOINT} is damaged: {error}") from None

    async def _compare(self, old: Checkpoint, new: Checkpoint) -> None:
        if old.origin != new.origin:
            raise Contradiction(f"{self._folder} holds the log {old.origin}, and this one is {new.origin}")
        if old.size > new.size:
            raise Contradiction(f"{self._folder} has {old.size} entries, and the log {new.size}: was it restored?")
        if old.size and not verify_consistency(
            old.size, new.size, await self._tree.consistency(old.size, new.size), old.root, new.root
        ):
            raise Contradiction(f"the log's first {old.size} entries are not those that {self._folder} holds")
