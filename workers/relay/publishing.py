"""Publishing: writes checkpoint and tiles to a folder outside the database, for anybody to serve or copy."""

import asyncio
import shutil
from pathlib import Path

from astrolabe.domain.audit.checkpoint import Checkpoint, read_checkpoint
from astrolabe.domain.audit.merkle import verify_consistency
from astrolabe.domain.audit.note import NoteError, parse_note
from astrolabe.domain.audit.tiles import WIDTH, tiles_between
from astrolabe.store.audit.checkpoints import Signed
from astrolabe.store.audit.tree import Tree
from astrolabe.store.whole_file import write

CHECKPOINT = "checkpoint"


class Contradiction(Exception):  # noqa: N818  a finding, not a fault
    """What was published is not what the log says now; nothing published is overwritten."""


class Unwritable(Exception):  # noqa: N818  what is so
    """The folder cannot be written."""


class Publisher:
    """One folder of one log."""

    def __init__(self, folder: Path, tree: Tree) -> None:
        self._folder: Path = folder
        self._tree: Tree = tree

    async def publish(self, signed: Signed) -> None:
        """Bring the folder up to a checkpoint, which is written last; raises Contradiction where it says otherwise."""
        new = read_checkpoint(parse_note(signed.note))
        old = self._published()
        if old:
            await self._compare(old, new)
        try:
            await self._write(old, new, signed.note)
        except OSError as error:
            raise Unwritable(f"{self._folder} cannot be written: {error.strerror}") from None

    async def _write(self, old: Checkpoint | None, new: Checkpoint, note: str) -> None:
        for tile in tiles_between(old.size if old else 0, new.size):
            await asyncio.to_thread(write, self._folder / tile.path, await self._tree.file(tile))
            if tile.width == WIDTH:
                # Whoever still looks for a narrower one finds it at the beginning of the whole.
                await asyncio.to_thread(shutil.rmtree, self._folder / f"{tile.path}.p", ignore_errors=True)
        await asyncio.to_thread(write, self._folder / CHECKPOINT, note.encode(), lasting=True)

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
