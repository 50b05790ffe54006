"""The tree: one RFC 9162 Merkle tree over the log in order of position, built behind the sequencer."""

import uuid
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from cachetools import LRUCache

from astrolabe.domain.audit.leaf import NO_CHAIN, Row, body_of, chain_of, leaf_of
from astrolabe.domain.audit.merkle import SIZE, Node, Range, consistency, inclusion, leaf_hash, prove, subtrees
from astrolabe.domain.audit.tiles import HEIGHT, WIDTH, Tile, bundle, complete, hashes_of, home
from astrolabe.store.audit import sql as audit_sql
from astrolabe.store.database import Connection, Database
from astrolabe.store.errors import StoreError
from astrolabe.store.in_order import in_order

Session: TypeAlias = Connection | PoolConnectionProxy

BATCH = 16 * WIDTH
PAGE = 2
"""How many tiles of leaves are read at once."""

PAGES = 3
"""How many pages are in memory: while the lines of one are made, the server reads the next two."""

REMEMBERED = 10_000
"""How many streams' chains are kept between batches; those of the others are looked up."""


class Tree:
    """Grows with the log and proves what is in it; any number may build it, one batch is stored once."""

    def __init__(self, database: Database) -> None:
        self._database: Database = database
        self._chains: LRUCache[str, tuple[int, bytes]] = LRUCache(REMEMBERED)

    async def size(self) -> int:
        """Return how many leaves there are."""
        return await self._database.pool.fetchval(audit_sql.SIZE) or 0

    async def step(self) -> int:
        """Add the next batch of the log, whole or not at all; return how many leaves were added."""
        try:
            async with self._database.pool.acquire() as connection, connection.transaction():
                return await self._step(connection)
        except asyncpg.UniqueViolationError:
            # Another builder was faster, and what it stored is what we would have.
            return 0

    async def _step(self, connection: Session) -> int:
        first: int = await connection.fetchval(audit_sql.SIZE) or 0
        head: int = await connection.fetchval(audit_sql.LOG_SIZE) or 0
        end = min(first + BATCH, head)
        rows = [Row(*row) for row in await connection.fetch(audit_sql.ROWS, first, end)] if first < end else []
        if [row.position for row in rows] != list(range(first, max(first, end))):
            raise StoreError(f"The log has a gap between the positions {first} and {end - 1}; the tree stops there.")
        if rows:
            leaves = self._leaves(rows, await self._before(connection, rows))
            await connection.executemany(audit_sql.PUT_BATCH, list(_cut(first, *leaves)))
            await _complete_tiles(connection, first, end)
        return len(rows)

    async def drain(self) -> None:
        """Add everything that has its position now."""
        while await self.step():
            pass

    async def _before(self, connection: Session, rows: Sequence[Row]) -> dict[str, bytes]:
        before = {row.stream_id: row.version - 1 for row in reversed(rows)}
        known = {stream: self._chains[stream][1] for stream, version in before.items() if self._knows(stream, version)}
        wanted = [(stream, version) for stream, version in before.items() if stream not in known and version > 0]
        if wanted:
            arguments = [uuid.UUID(stream) for stream, _ in wanted], [version for _, version in wanted]
            known |= dict(await connection.fetch(audit_sql.HEADS, *arguments))
        return known

    def _knows(self, stream_id: str, version: int) -> bool:
        return self._chains.get(stream_id, (-1, b""))[0] == version

    def _leaves(self, rows: Sequence[Row], chains: dict[str, bytes]) -> tuple[bytes, bytes]:
        hashes, found = bytearray(), bytearray()
        for row in rows:
            body = body_of(row)
            chain = chains[row.stream_id] = chain_of(chains.get(row.stream_id, NO_CHAIN), body)
            hashes += leaf_hash(leaf_of(chain, body))
            found += chain
            # What belongs to a stream's version follows from the log, so that it may be kept before it is stored.
            self._chains[row.stream_id] = (row.version, chain)
        return bytes(hashes), bytes(found)

    async def root(self, size: int) -> bytes:
        """Return the root that the tree had at a size."""
        (root,) = await self._prove([(0, size)])
        return root

    async def inclusion(self, position: int, size: int) -> list[bytes]:
        """Prove that an event is in the tree of a size; raises ValueError where it cannot be."""
        return await self._prove(inclusion(position, size))

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """Prove that the tree of one size grew from that of another; raises ValueError where it cannot have."""
        return await self._prove(consistency(old, new))

    async def _prove(self, ranges: Sequence[Range]) -> list[bytes]:
        nodes = [node for each in ranges for node in subtrees(*each)]
        widest: dict[tuple[int, int], int] = {}
        for tile, _ in map(home, nodes):
            level = tile.level or 0
            widest[level, tile.index] = max(tile.width, widest.get((level, tile.index), 0))
        tiles = {place: hashes_of(await self.tile(Tile(*place, width))) for place, width in widest.items()}

        def lookup(node: Node) -> bytes:
            tile, begin = home(node)
            return complete(tiles[tile.level or 0, tile.index][begin : tile.width])

        return prove(ranges, lookup)

    async def tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile; raises ValueError where the tree does not have them."""
        async with self._database.pool.acquire() as connection:
            return await _tile(connection, tile)

    async def file(self, tile: Tile) -> bytes:
        """Return what a tile's file holds; raises ValueError where the tree does not have it."""
        if tile.level is not None:
            return await self.tile(tile)
        if tile.first + tile.width > await self.size():
            raise ValueError(f"the tree does not have {tile.path}")
        return bundle([leaf async for leaf, _ in self.leaves(tile.first, tile.first + tile.width)])

    async def leaves(self, first: int, end: int) -> AsyncGenerator[tuple[bytes, Row]]:
        """Return the lines of leaves, and what they were made of, in a memory that does not grow with them."""
        async with aclosing(self.pages(first, end)) as pages:
            async for page in pages:
                for leaf in page:
                    yield leaf

    async def pages(self, first: int, end: int) -> AsyncGenerator[Iterator[tuple[bytes, Row]]]:
        """Return the same, some hundred at once; each line is made when it is taken."""
        async with aclosing(in_order(self._page, _pages(first, end), begun=PAGES)) as pages:
            async for base, rows, chains in pages:
                yield _lines(base, rows, chains)

    async def _page(self, page: Range) -> tuple[int, list[asyncpg.Record], list[bytes]]:
        first, end = page
        base = first - first % WIDTH
        rows = await self._database.pool.fetch(audit_sql.ROWS, first, end)
        batches = await self._database.pool.fetch(audit_sql.CHAINS, base, end)
        return base, rows, hashes_of(b"".join(row[0] for row in batches))

    async def positions(self, event_ids: Sequence[str]) -> list[int]:
        """Find the positions of events."""
        found = await self._database.pool.fetch(audit_sql.POSITIONS, [uuid.UUID(each) for each in event_ids])
        return [row[0] for row in found]


def _lines(base: int, rows: Sequence[asyncpg.Record], chains: Sequence[bytes]) -> Iterator[tuple[bytes, Row]]:
    for row in (Row(*each) for each in rows):
        chain = chains[row.position - base] if row.position - base < len(chains) else NO_CHAIN
        yield leaf_of(chain, body_of(row)), row


def _pages(first: int, end: int) -> Iterator[Range]:
    while first < end:
        until = min(end, (first // WIDTH + PAGE) * WIDTH)
        yield first, until
        first = until


def _cut(first: int, hashes: bytes, chains: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    end, at = first + len(hashes) // SIZE, first
    while at < end:
        until = min(end, (at // WIDTH + 1) * WIDTH)
        part = slice((at - first) * SIZE, (until - first) * SIZE)
        yield at, hashes[part], chains[part]
        at = until


async def _complete_tiles(connection: Session, before: int, after: int) -> None:
    level = 0
    while before >> HEIGHT < after >> HEIGHT:
        before, after = before >> HEIGHT, after >> HEIGHT
        full = [
            (level + 1, at, complete(hashes_of(await _tile(connection, Tile(level, at)))))
            for at in range(before, after)
        ]
        await connection.executemany(audit_sql.PUT_TILE, full)
        level += 1


async def _tile(connection: Session, tile: Tile) -> bytes:
    if tile.level:
        rows = await connection.fetch(audit_sql.TILE_ROOTS, tile.level, tile.first, tile.first + tile.width)
    else:
        rows = await connection.fetch(audit_sql.LEAVES, tile.first)
    hashes = b"".join(row[0] for row in rows)[: tile.width * SIZE]
    if len(hashes) != tile.width * SIZE:
        raise ValueError(f"the tree does not have {tile.path}")
    return hashes
