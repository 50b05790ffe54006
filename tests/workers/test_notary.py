"""The notary: signs what is new and what is not, and writes it out of the database."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.verifying import PublishedTiles, verify_export
from astrolabe.domain.audit.checkpoint import open_checkpoint
from astrolabe.domain.audit.note import PublicKey, parse_note
from astrolabe.domain.audit.tiles import parse_path
from astrolabe.store.audit.checkpoints import Checkpoints
from astrolabe.store.audit.export import export_lines
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Tail
from astrolabe.workers.relay.notary import Notarial, Notary
from astrolabe.workers.relay.publishing import Contradiction, Opened
from astrolabe.workers.relay.signing_keys import KeyProblem, SigningKeys
from tests.store.stage import stream_of
from tests.waiting import until
from tests.workers.receiver import Receiver

AT_ONCE, NEVER = 0.0, 3600.0


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open log."""
    async with Database(database_url, pool_size=3) as database:
        yield database


async def say(database: Database, *words: str) -> None:
    """Record something, and give it its position."""
    await stream_of(Log(database), *words)
    await Sequencer(database).drain()


def notary(
    database: Database,
    folder: Path,
    *urls: str,
    rest: float = AT_ONCE,
    silent: float = NEVER,
    tail: Tail | None = None,
) -> Notary:
    """A notary with its keys and what it publishes below a folder."""
    how = Notarial(folder / "keys", folder / "tlog", "astrolabe-test", urls, silent, rest)
    return Notary(database, tail or Tail(database), how)


def keys_of(folder: Path) -> list[PublicKey]:
    """The public keys of a log."""
    return SigningKeys(folder / "keys").public()


async def export(database: Database) -> bytes:
    """The whole trail."""
    tree = Tree(database)
    checkpoints = Checkpoints(database, tree)
    last = await checkpoints.latest()
    assert last
    return b"".join([line async for line in export_lines(tree, checkpoints, last)])


async def test_what_is_new_is_signed_and_silence_too(database: Database, tmp_path: Path) -> None:
    """The first checkpoint comes at once, the next with new events, and one of the same size after a silence."""
    first = await notary(database, tmp_path).step()
    assert (first and first.size) == 0
    assert await notary(database, tmp_path).step() is None
    await say(database, "one", "two")
    assert await notary(database, tmp_path, rest=NEVER).step() is None
    second = await notary(database, tmp_path).step()
    assert (second and second.size) == 2
    silent = await notary(database, tmp_path, silent=AT_ONCE).step()
    assert silent
    assert second
    assert (silent.size, open_checkpoint(second.note, keys_of(tmp_path)).checkpoint.size) == (2, 2)
    proven = open_checkpoint(silent.note, keys_of(tmp_path))
    assert proven.time
    assert len(await database.pool.fetch("SELECT FROM checkpoint")) == 3


async def test_everything_is_written_out_and_is_what_the_log_says(database: Database, tmp_path: Path) -> None:
    """The folder has checkpoint, tiles and entries, and an export agrees with every leaf in it."""
    await say(database, "before it is full")
    await notary(database, tmp_path).step()
    assert (tmp_path / "tlog" / "tile" / "entries" / "000.p" / "1").is_file()
    await say(database, *(f"{nth}" for nth in range(299)))
    await notary(database, tmp_path).step()
    await say(database, "more")
    signed = await notary(database, tmp_path).step()
    folder = tmp_path / "tlog"
    assert signed
    assert (folder / "checkpoint").read_text() == signed.note
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"checkpoint"}
    assert {"tile/0/000", "tile/entries/000", "tile/0/001.p/44", "tile/0/001.p/45", "tile/1/000.p/1"} <= files
    assert all(parse_path(each) for each in files)
    assert not any(each.startswith(("tile/0/000.p", "tile/entries/000.p")) for each in files)
    told = await export(database)
    assert (
        verify_export(io.BytesIO(told), keys_of(tmp_path), None, PublishedTiles(folder)).proven.checkpoint.size == 301
    )


async def test_what_was_published_is_never_contradicted(database: Database, tmp_path: Path) -> None:
    """Where the folder is ahead of the log, or is another log's, nothing in it is overwritten."""
    await say(database, "one", "two")
    await notary(database, tmp_path).step()
    checkpoint = tmp_path / "tlog" / "checkpoint"
    kept = checkpoint.read_text()
    for strange, why in (
        (kept.replace("\n2\n", "\n9\n"), "was it restored"),
        (kept.replace("\n2\n", "\n1\n"), "are not those"),
        (kept.replace("astrolabe-test\n2", "another\n2"), "holds the log another"),
        ("nonsense", "damaged"),
    ):
        checkpoint.write_text(strange)
        await say(database, "more")
        with pytest.raises(Contradiction, match=why):
            await notary(database, tmp_path).step()
        assert checkpoint.read_text() == strange


async def test_each_checkpoint_is_posted_and_nobody_waits_for_it(database: Database, tmp_path: Path) -> None:
    """An address that answers gets every checkpoint as it was signed; one that does not delays neither it nor us."""
    async with Receiver.listening() as receiver, Receiver.listening() as silent, Tail(database) as tail:
        silent.reply = lambda _: None
        at_work = notary(database, tmp_path, silent.url, receiver.url, tail=tail)
        following = asyncio.create_task(at_work.run())
        await until(lambda: receiver.bodies != [])
        await say(database, "one", "two")
        await until(lambda: any("astrolabe-test\n2\n" in each for each in receiver.bodies))
        following.cancel()
        await asyncio.wait([following])
    published = (tmp_path / "tlog" / "checkpoint").read_text()
    assert receiver.bodies[-1] == published
    assert open_checkpoint(receiver.bodies[-1], keys_of(tmp_path)).checkpoint.size == 2


async def test_keys_rotate_with_an_overlap(database: Database, tmp_path: Path) -> None:
    """Old and new key sign together until the old one is retired; whoever knows only one is served until then."""
    await say(database, "one")
    await notary(database, tmp_path).step()
    keys = SigningKeys(tmp_path / "keys")
    (old,) = keys.public()
    new = keys.rotate()
    await say(database, "two")
    await notary(database, tmp_path).step()
    both = await export(database)
    assert verify_export(io.BytesIO(both), [old]).proven == verify_export(io.BytesIO(both), [new]).proven
    keys.retire(old.hash.hex())
    await say(database, "three")
    last = await notary(database, tmp_path).step()
    assert last
    assert {each.key_id for each in parse_note(last.note).signatures} >= {new.hash}
    assert old.hash not in {each.key_id for each in parse_note(last.note).signatures}
    assert verify_export(io.BytesIO(await export(database)), [new]).proven.checkpoint.size == 3
    assert keys.public() == [old, new]
    for wrong in (new.hash.hex(), old.hash.hex(), ""):
        with pytest.raises(KeyProblem):
            keys.retire(wrong)


async def test_keys_are_nobody_elses_to_read(tmp_path: Path) -> None:
    """The folder and the private keys are open to their owner alone; a damaged key is told, not replaced."""
    keys = SigningKeys(tmp_path / "keys")
    (key,) = keys.ensure()
    assert key == keys.ensure()[0]
    (private,) = (tmp_path / "keys").glob("*.key")
    assert (private.stat().st_mode & 0o777, (tmp_path / "keys").stat().st_mode & 0o777) == (0o600, 0o700)
    private.write_text("PRIVATE+KEY+x")
    with pytest.raises(KeyProblem, match="private key"):
        keys.ensure()
    private.unlink()
    with pytest.raises(KeyProblem, match="retired"):
        keys.ensure()


def modes(folder: Path) -> dict[str, int]:
    """What others may do with what was published, by its name in the folder."""
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}


OPEN_FOLDER, OPEN_FILE, CLOSED_FOLDER, CLOSED_FILE = 0o755, 0o644, 0o700, 0o600


@pytest.mark.parametrize("umask", [0o022, 0o077])
async def test_what_is_published_is_open_to_whom_its_owner_lets(database: Database, tmp_path: Path, umask: int) -> None:
    """Nobody else reads any of it, unless the hashes, or the entries too, are opened; what lies there is mended."""
    folder, before = tmp_path / "tlog", os.umask(umask)
    try:
        await say(database, "one", "two")
        cases: tuple[tuple[Opened | None, bool, bool], ...]
        cases = ((None, False, False), ("entries", True, True), ("hashes", True, False))
        for opened, hashes, entries in cases:
            how = Notarial(tmp_path / "keys", folder, "astrolabe-test", (), NEVER, AT_ONCE, opened)
            await say(database, f"more{opened}")
            await Notary(database, Tail(database), how).step()
            for name, mode in modes(folder).items():
                is_open = entries if name.startswith("tile/entries") else hashes
                expected = OPEN_FOLDER if is_open else CLOSED_FOLDER
                if (folder / name).is_file():
                    expected = OPEN_FILE if is_open else CLOSED_FILE
                assert mode == expected, (name, opened)
    finally:
        os.umask(before)
    assert {"tile/entries/000.p", "tile/0/000.p", "checkpoint"} <= set(modes(folder))


async def test_keys_that_lie_open_are_closed(database: Database, tmp_path: Path) -> None:
    """A folder that was copied back, or made by hand, is its owner's alone from the next start on."""
    await notary(database, tmp_path).step()
    (key,) = (tmp_path / "keys").glob("*.key")
    key.chmod(0o644)
    key.parent.chmod(0o755)
    await notary(database, tmp_path).step()
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
