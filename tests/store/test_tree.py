import asyncio
import json
from contextlib import aclosing

import asyncpg
import pytest

from astrolabe.domain.audit.checkpoint import open_checkpoint
from astrolabe.domain.audit.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from astrolabe.domain.audit.note import PrivateKey
from astrolabe.domain.audit.tiles import Tile, hashes_of
from astrolabe.store.audit import tree as tree_module
from astrolabe.store.audit.checkpoints import Checkpoints
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from tests.store.stage import BY, said, stream_of

KEY = PrivateKey("astrolabe-test", bytes(range(32)))


@pytest.fixture
def tree(database: Database) -> Tree:
    """The tree over the log."""
    return Tree(database)


async def fill(log: Log, sequencer: Sequencer, *sizes: int) -> list[str]:
    """Put streams of so many events into the log."""
    streams = [await stream_of(log, *(f"{nth}.{each}" for each in range(size))) for nth, size in enumerate(sizes)]
    await sequencer.drain()
    return streams


async def leaves_of(tree: Tree) -> list[bytes]:
    """All leaves there are."""
    return [leaf async for leaf, _ in tree.leaves(0, await tree.size())]


async def test_the_tree_follows_the_log_whatever_the_batches(database, log, sequencer, tree):
    """Built at once or event by event, over several tiles, the tree is the same, and is that of its leaves."""
    streams = await fill(log, sequencer, 3, 400)
    await tree.drain()
    for nth in range(5):
        await log.append(streams[0], 3 + nth, [said(f"more {nth}")], BY)
        await sequencer.drain()
        assert await Tree(database).step() == 1
    await fill(log, sequencer, 500)
    await tree.drain()
    size = await tree.size()
    assert size == await log.last_position() + 1 == 908
    leaves = await leaves_of(tree)
    hashes = list(map(leaf_hash, leaves))
    for until in (0, 1, 255, 256, 257, 512, 777, size):
        assert await tree.root(until) == root_of(hashes[:until])
    assert await tree.tile(Tile(1, 0, 3)) == b"".join(root_of(hashes[at : at + 256]) for at in (0, 256, 512))
    assert hashes_of(await tree.tile(Tile(0, 3, 100))) == hashes[768:868]


async def test_leaves_come_in_order_however_many_pages_are_read_at_once(database, log, sequencer, tree, monkeypatch):
    """From and to any position; and whoever stops in the middle leaves no connection in use."""
    await fill(log, sequencer, 500, 600)
    await tree.drain()
    leaves = await leaves_of(tree)
    for page, begun in ((1, 1), (1, 2), (2, 9)):
        monkeypatch.setattr(tree_module, "PAGE", page)
        monkeypatch.setattr(tree_module, "PAGES", begun)
        for first, end in ((0, 1100), (3, 1099), (255, 257), (700, 701), (7, 7)):
            read = [each async for each in tree.leaves(first, end)]
            assert [leaf for leaf, _ in read] == leaves[first:end]
            assert [row.position for _, row in read] == [*range(first, end)]
        async with aclosing(tree.leaves(0, 1100)) as reading:
            assert (await anext(reading))[0] == leaves[0]
        assert database.pool.get_idle_size() == database.pool.get_size()


async def test_a_leaf_is_the_stored_entry_to_the_byte(log, sequencer, tree, superuser):
    """The line holds the entry's bytes, its position, and the database's clock to the microsecond."""
    await fill(log, sequencer, 2)
    await tree.drain()
    for leaf, row in zip(await leaves_of(tree), await superuser.fetch("SELECT * FROM event ORDER BY 1"), strict=True):
        told = json.loads(leaf)
        assert list(told) == ["chain", "entry", "position", "recorded_at"]
        assert f'"entry":{row["entry"]},"position":' in leaf.decode()
        assert told["recorded_at"] == row["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_proofs_of_what_is_stored_verify(log, sequencer, tree):
    """Every event is proven against every size that holds it, and every size against every later one."""
    await fill(log, sequencer, 3, 600)
    await tree.drain()
    hashes = list(map(leaf_hash, await leaves_of(tree)))
    roots = {size: root_of(hashes[:size]) for size in (1, 2, 256, 257, 511, 512, 600, 603)}
    for size, root in roots.items():
        for at in {0, size // 2, size - 1}:
            assert verify_inclusion(hashes[at], at, size, await tree.inclusion(at, size), root)
        for later, after in roots.items():
            if later >= size:
                assert verify_consistency(size, later, await tree.consistency(size, later), root, after)
    for impossible in ((603, 603), (0, 604)):
        with pytest.raises(ValueError, match=r"leaf|does not have"):
            await tree.inclusion(*impossible)


async def test_builders_beside_each_other_store_one_tree(database_url, database, log, sequencer):
    """Several builders at once, some of them cancelled at any instant, leave one tree without a gap."""
    streams = await fill(log, sequencer, *[30] * 40)
    trees = [Tree(database) for _ in range(6)]
    doomed = [asyncio.create_task(tree.drain()) for tree in trees[:3]]
    others = [asyncio.create_task(tree.drain()) for tree in trees[3:]]
    await asyncio.sleep(0)
    for each in doomed:
        each.cancel()
    await asyncio.gather(*doomed, return_exceptions=True)
    await asyncio.gather(*others)
    for stream in streams:
        await log.append(stream, 30, [said("late")], BY)
    await sequencer.drain()
    await asyncio.gather(*(tree.drain() for tree in trees[3:]))
    async with Database(database_url) as fresh:
        tree = Tree(fresh)
        assert await tree.size() == 40 * 31
        assert await tree.root(40 * 31) == root_of(map(leaf_hash, await leaves_of(tree)))


async def test_the_tree_only_grows(log, sequencer, tree, database, superuser):
    """Neither the application nor the owner can change or remove what was built and signed."""
    await fill(log, sequencer, 300)
    await tree.drain()
    await Checkpoints(database, tree).make([KEY])
    for table, column in (("tree_batch", "leaves"), ("tree_tile", "root"), ("checkpoint", "note")):
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await database.pool.execute(statement)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                await superuser.execute(statement)


async def test_a_checkpoint_commits_to_what_is_there(log, sequencer, tree, database):
    """The first stands over nothing, the next over all that was placed, and each is kept."""
    checkpoints = Checkpoints(database, tree)
    assert await checkpoints.latest() is None
    first = await checkpoints.make([KEY])
    await fill(log, sequencer, 300)
    await tree.drain()
    second = await checkpoints.make([KEY])
    assert [each.size for each in (first, second)] == [0, 300]
    latest = await checkpoints.latest()
    assert latest
    assert latest.note == second.note
    assert open_checkpoint(second.note, [KEY.public]).checkpoint.root == await tree.root(300)
    assert await checkpoints.between(0, 301) == [(0, first.note), (300, second.note)]


async def test_a_log_with_a_gap_stops_the_tree(log, sequencer, tree, superuser):
    """Where a superuser took a row away before it became a leaf, the tree says so and goes no further."""
    await fill(log, sequencer, 3)
    await superuser.execute("ALTER TABLE log DISABLE TRIGGER ALL; DELETE FROM log WHERE position = 1")
    with pytest.raises(Exception, match="gap between the positions 0 and 2"):
        await tree.step()
    assert await tree.size() == 0
