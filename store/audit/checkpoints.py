"""Checkpoints: every one that was ever signed, and the next."""

import time
from collections.abc import Sequence

from msgspec import Struct

from astrolabe.domain.audit.checkpoint import Checkpoint, sign_checkpoint
from astrolabe.domain.audit.note import PrivateKey
from astrolabe.store.audit import sql as audit_sql
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database


class Signed(Struct, frozen=True):
    """A signed checkpoint, the size it commits to, and its age in seconds."""

    note: str
    size: int
    age: float


class Checkpoints:
    """What the log has committed to so far."""

    def __init__(self, database: Database, tree: Tree) -> None:
        self._database: Database = database
        self._tree: Tree = tree

    async def latest(self) -> Signed | None:
        """Return the last checkpoint; None before the first."""
        row = await self._database.pool.fetchrow(audit_sql.CHECKPOINT)
        return Signed(*row) if row else None

    async def make(self, keys: Sequence[PrivateKey]) -> Signed:
        """Sign the tree as it is now, and keep that; the keys have one name, which is the log's."""
        signed = await self.sign(keys)
        await self.keep(signed)
        return signed

    async def sign(self, keys: Sequence[PrivateKey]) -> Signed:
        """Sign the tree as it is now; nothing is kept yet."""
        size = await self._tree.size()
        root = await self._tree.root(size)
        note = sign_checkpoint(Checkpoint(keys[0].name, size, root), keys, int(time.time()))
        return Signed(note, size, 0.0)

    async def keep(self, signed: Signed) -> None:
        """Keep a checkpoint, which is the last one from here on."""
        await self._database.pool.execute(audit_sql.PUT_CHECKPOINT, signed.size, signed.note)

    async def between(self, first: int, end: int) -> list[tuple[int, str]]:
        """List checkpoints of these sizes, smallest first and at most one for each 256 entries."""
        return [(row[0], row[1]) for row in await self._database.pool.fetch(audit_sql.CHECKPOINTS, first, end)]
