"""Cosigning: a checkpoint leaves the house once enough witnesses have seen it, and nothing else waits for that."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.audit.checkpoint import open_checkpoint
from astrolabe.domain.audit.note import PrivateKey, parse_note
from astrolabe.domain.audit.witness_policy import WitnessPolicy, parse_policy
from astrolabe.domain.audit.witness_reports import WitnessFailure
from astrolabe.domain.streams import WITNESSES_STREAM
from astrolabe.store.audit.checkpoints import Checkpoints, Signed
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Tail
from astrolabe.store.streams.witnesses import Witnesses
from astrolabe.workers.relay import cosigning
from astrolabe.workers.relay.cosigning import Cosigning
from astrolabe.workers.relay.notary import Notarial, Notary
from astrolabe.workers.relay.signing_keys import SigningKeys
from tests.audit_logs import WITNESS_KEYS
from tests.databases import empty_log
from tests.store.stage import stream_of
from tests.witnesses import Standing, policy, standing
from tests.workers.receiver import Receiver, answer

HERE = (ip_network("127.0.0.0/8"),)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open log."""
    async with Database(database_url, pool_size=3) as database:
        yield database


@pytest.fixture
def key(tmp_path: Path) -> PrivateKey:
    """The log's key."""
    return SigningKeys(tmp_path / "keys", "astrolabe-test").ensure()[0]


@pytest_asyncio.fixture
async def witnesses(tmp_path: Path, key: PrivateKey) -> AsyncIterator[list[Standing]]:
    """Two witnesses."""
    async with standing(tmp_path / "witnesses", [key.public]) as found:
        yield found


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is left alone after a failure, and silence is recorded at once."""
    monkeypatch.setattr(Cosigning.__init__, "__kwdefaults__", {"pause_seconds": (0.0, 0.0), "silent_seconds": 0.0})


def notary(database: Database, folder: Path, policy: WitnessPolicy) -> Notary:
    """A notary whose checkpoints are to be cosigned."""
    how = Notarial(
        folder / "keys", folder / "tlog", "astrolabe-test", rest_seconds=0.0, policy=policy, witness_allow=HERE
    )
    return Notary(database, Tail(database), how)


async def say(database: Database, *words: str) -> None:
    """Record something, and give it its position."""
    await stream_of(Log(database), *words)
    await Sequencer(database).drain()


async def failing(database: Database) -> dict[str, WitnessFailure]:
    """Which witnesses fail, and why."""
    found = await Witnesses(Log(database)).current()
    return {name: each.why for name, each in found.failing.items()}


def seen_by(signed: Signed | None) -> set[str]:
    """Which of all witnesses cosigned a checkpoint."""
    assert signed
    note = parse_note(signed.note)
    return {each.name for each in WITNESS_KEYS if each.public.stated_time(note) is not None}


async def test_what_is_published_carries_the_cosignatures(
    database: Database, tmp_path: Path, key: PrivateKey, witnesses: list[Standing]
) -> None:
    """From the empty log on, also after a restart of the relay, which has to ask what a witness knows."""
    both = {each.key.name for each in witnesses}
    asking = notary(database, tmp_path, policy(witnesses))
    assert seen_by(await asking.step()) == both
    await say(database, "one", "two", "three")
    assert seen_by(await asking.step()) == both
    await say(database, *(f"{nth}" for nth in range(300)))
    signed = await notary(database, tmp_path, policy(witnesses)).step()
    assert seen_by(signed) == both
    assert signed
    assert (tmp_path / "tlog" / "checkpoint").read_text() == signed.note
    last = await Checkpoints(database, Tree(database)).latest()
    assert last
    assert last.note == signed.note
    assert open_checkpoint(signed.note, [key.public]).checkpoint.size == 303
    assert await failing(database) == {}


async def test_a_witness_that_is_down_is_recorded_and_withholds_only_where_it_is_needed(
    database: Database, tmp_path: Path, witnesses: list[Standing]
) -> None:
    """One of two is enough for one policy; for the other the last checkpoint stays, until the witness is back."""
    one, other = witnesses
    any_of, all_of = (notary(database, tmp_path, policy(witnesses, least)) for least in ("any", "all"))
    await say(database, "one")
    before = await all_of.step()
    await other.end()
    await say(database, "two")
    assert await all_of.step() is None
    assert before
    assert (tmp_path / "tlog" / "checkpoint").read_text() == before.note
    assert await failing(database) == {other.key.name: "silent"}
    assert seen_by(await any_of.step()) == {one.key.name}
    recorded = await Log(database).read_stream(WITNESSES_STREAM)
    await say(database, "three")
    assert await all_of.step() is None
    assert len(await Log(database).read_stream(WITNESSES_STREAM)) == len(recorded) == 1
    await other.start()
    assert seen_by(await all_of.step()) == {one.key.name, other.key.name}
    assert await failing(database) == {}


async def test_a_forked_log_is_refused_by_two_of_two_witnesses(
    database: Database,
    tmp_path: Path,
    witnesses: list[Standing],
    postgres_server: Postgres,
    template_database: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same key over another history: neither cosigns it, whatever its size, and all say so."""
    both = {each.key.name for each in witnesses}
    await say(database, *(f"{nth}" for nth in range(20)))
    honest = await notary(database, tmp_path, policy(witnesses)).step()
    assert seen_by(honest) == both
    shutil.copytree(tmp_path / "keys", tmp_path / "fork" / "keys")
    async with empty_log(postgres_server, template_database) as url, Database(url, pool_size=3) as other:
        forked = notary(other, tmp_path / "fork", policy(witnesses))
        for more in (20, 1, 30):  # of the same size, with the events that say so, and far beyond
            await say(other, *(f"{nth}" for nth in range(more)))
            assert await forked.step() is None
            assert await failing(other) == dict.fromkeys(both, "contradicted")
        assert not (tmp_path / "fork" / "tlog" / "checkpoint").exists()
        assert await Checkpoints(other, Tree(other)).latest() is None
    assert caplog.text.count("FORK of astrolabe-test") == 2
    assert all(len(list(each.folder.glob("*.fork-*"))) == 1 for each in witnesses)
    await say(database, "more")
    assert seen_by(await notary(database, tmp_path, policy(witnesses)).step()) == both
    assert await failing(database) == {}


async def test_a_log_that_lost_entries_is_contradicted(
    database: Database,
    tmp_path: Path,
    witnesses: list[Standing],
    postgres_server: Postgres,
    template_database: str,
) -> None:
    """A log that is shorter than what was cosigned was restored, or cut: the witnesses know, and that is recorded."""
    await say(database, "one", "two", "three")
    await notary(database, tmp_path, policy(witnesses)).step()
    shutil.copytree(tmp_path / "keys", tmp_path / "restored" / "keys")
    async with empty_log(postgres_server, template_database) as url, Database(url, pool_size=3) as restored:
        await say(restored, "one")
        assert await notary(restored, tmp_path / "restored", policy(witnesses)).step() is None
        found = (await Witnesses(Log(restored)).current()).failing
        assert {each.why for each in found.values()} == {"contradicted"}
        assert "it has cosigned a tree of 3 entries, and the log has 1" in {each.details for each in found.values()}


async def test_two_relays_that_meet_alarm_nobody(database: Database, tmp_path: Path, witnesses: list[Standing]) -> None:
    """Where another relay had a larger tree cosigned in between, nothing is wrong."""
    slow, fast = (notary(database, tmp_path, policy(witnesses)) for _ in range(2))
    await say(database, "one")
    await slow.step()
    drawn = await Checkpoints(database, Tree(database)).sign(SigningKeys(tmp_path / "keys").ensure())
    await say(database, "two")
    await fast.step()
    assert slow._cosigning
    assert await slow._cosigning.collect(drawn.note) is None
    assert await failing(database) == {}
    await say(database, "three")
    assert await slow.step()


@pytest.mark.parametrize(
    ("status", "body", "why", "details"),
    [
        (503, "busy", "silent", "503: busy"),
        (404, "unknown log", "refused", "404: unknown log"),
        (403, "", "refused", "403"),
        (302, "", "refused", "302"),
        (200, "nonsense", "refused", "no cosignature"),
        (200, "\u2014 witness-1 " + "A" * 104 + "\n", "refused", "another key's"),
        (200, "x" * 70_000, "refused", "more than 65536 bytes"),
        (409, "nonsense", "refused", "409: nonsense"),
        (409, "0\n", "refused", "409: 0"),
        (422, "", "contradicted", "is not this log's"),
    ],
)
async def test_whatever_a_witness_answers_is_bounded_and_named(
    database: Database, tmp_path: Path, status: int, body: str, why: str, details: str
) -> None:
    """No answer is believed that is no cosignature of this very checkpoint."""
    await say(database, "one")
    async with Receiver.listening() as receiver:
        receiver.reply = lambda _: answer(status, body)
        url = f"http://127.0.0.1:{receiver.port}/prefix/"
        strange = parse_policy(f"witness w {WITNESS_KEYS[0].public.cosigner_text} {url}\nquorum w")
        assert await notary(database, tmp_path, strange).step() is None
        assert receiver.got[0].path == "/prefix/add-checkpoint"
        assert receiver.bodies[0].startswith("old 0\n\nastrolabe-test\n1\n")
    (found,) = (await Witnesses(Log(database)).current()).failing.values()
    assert found.why == why
    assert details in found.details


async def test_another_size_each_time_is_no_way_to_keep_a_relay_busy(database: Database, tmp_path: Path) -> None:
    """A witness that answers 409 for ever is asked a few times."""
    await say(database, *(f"{nth}" for nth in range(9)))
    sizes = iter(range(1, 9))
    async with Receiver.listening() as receiver:
        receiver.reply = lambda _: answer(409, f"{next(sizes)}\n", Content_Type="text/x.tlog.size")
        text = f"witness w {WITNESS_KEYS[0].public.cosigner_text} http://127.0.0.1:{receiver.port}\nquorum w"
        assert await notary(database, tmp_path, parse_policy(text)).step() is None
        assert len(receiver.got) == 3
    assert await failing(database) == {WITNESS_KEYS[0].name: "refused"}


async def test_a_witness_inside_is_asked_only_where_the_operator_allows(database: Database, tmp_path: Path) -> None:
    """The guard that webhooks have stands before witnesses too."""
    await say(database, "one")
    async with Receiver.listening() as receiver:
        text = f"witness w {WITNESS_KEYS[0].public.cosigner_text} http://127.0.0.1:{receiver.port}\nquorum w"
        how = Notarial(
            tmp_path / "keys", tmp_path / "tlog", "astrolabe-test", rest_seconds=0.0, policy=parse_policy(text)
        )
        assert await Notary(database, Tail(database), how).step() is None
        assert receiver.got == []
    (found,) = (await Witnesses(Log(database)).current()).failing.values()
    assert "ASTROLABE_WITNESS_ALLOW" in found.details


async def test_a_silent_witness_is_waited_for_only_while_it_is_needed(
    database: Database, tmp_path: Path, witnesses: list[Standing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once there are enough cosignatures, the checkpoint leaves without those that are still out."""
    monkeypatch.setattr(cosigning, "GRACE_SECONDS", 0.05)
    one, other = witnesses
    await other.end()
    async with Receiver.listening() as silent:
        silent.reply = lambda _: None
        lines = [
            f"witness a {one.key.public.cosigner_text} {one.url}",
            f"witness b {other.key.public.cosigner_text} http://127.0.0.1:{silent.port}",
            "group g any a b",
            "quorum g",
        ]
        async with asyncio.timeout(5):
            assert seen_by(await notary(database, tmp_path, parse_policy("\n".join(lines))).step()) == {one.key.name}
