"""Instances: a command meets the stream, and others who append at the same moment."""

import asyncio

import pytest
from msgspec.structs import replace

from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Cancel, Reconfigure, Register, RequestUpgrade
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.store.errors import AlreadyClaimed, StaleFence, WrongVersion
from astrolabe.store.ids import new_id
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.leases import Leases
from astrolabe.store.streams.instances import Instances
from tests.domain.samples import AT, CONFIG, ROLLED_BACK
from tests.domain.worker import success
from tests.store.stage import BY


@pytest.fixture
def instances(log) -> Instances:
    """All instances of the log."""
    return Instances(log)


@pytest.fixture
async def idle(instances):
    """An instance that was just registered."""
    return await instances.execute(await instances.load(new_id()), Register(CONFIG, "5.6.0"), BY)


async def test_an_instance_is_the_fold_of_its_stream(log, instances):
    """Loading is replaying, from the beginning or from what is known."""
    stream_id = new_id()
    await log.append(stream_id, 0, ROLLED_BACK[:4], BY)
    known = await instances.load(stream_id)
    assert known.state == INSTANCE_DECIDER.replay(ROLLED_BACK[:4])
    await log.append(stream_id, 4, ROLLED_BACK[4:], BY)
    assert await instances.refresh(known) == await instances.load(stream_id)
    assert (await instances.load(stream_id)).state == INSTANCE_DECIDER.replay(ROLLED_BACK)
    nobody = await instances.load(new_id())
    assert (nobody.state, nobody.version, nobody.history) == (s.Absent(), 0, ())


async def test_what_is_current_is_what_is_folded_anew(log, monkeypatch):
    """Whoever appended, and whatever was remembered or forgotten: it is the instance as it is now, bare of history."""
    monkeypatch.setattr("astrolabe.store.streams.stream.REMEMBERED", 2)
    instances, stream_id = Instances(log), new_id()
    for nth, event in enumerate(ROLLED_BACK):
        await log.append(stream_id, nth, [event], BY)
        if nth % 3 == 0:
            for _ in "ab":
                elsewhere = replace(CONFIG, name=f"flags-{new_id()[-12:]}", host=f"host-{new_id()}")
                other = await instances.execute(await instances.load(new_id()), Register(elsewhere, "5.6.0"), BY)
                assert (await instances.current(other.stream_id)).state == other.state
        assert await instances.current(stream_id) == replace(await instances.load(stream_id), history=())
    after = await instances.execute(await instances.current(stream_id), RequestUpgrade(new_id(), "9.0.0", "ci"), BY)
    assert await instances.current(stream_id) == replace(after, history=())


async def test_a_command_is_recorded_with_its_cause(instances, idle):
    """What is decided is in the stream, and the answer is the instance as it then is."""
    after = await instances.execute(idle, RequestUpgrade(new_id(), "6.10.1"), BY)
    assert isinstance(after.state, s.Requested)
    assert after == await instances.load(idle.stream_id)
    assert [each.cause for each in after.history] == [BY, BY]


async def test_what_changes_nothing_records_nothing(instances, idle):
    """A command that leads to no event leaves the stream as it is."""
    assert await instances.execute(idle, Reconfigure(CONFIG), BY) == idle
    assert (await instances.load(idle.stream_id)).version == 1


async def test_a_command_is_decided_anew_when_others_were_first(instances, idle):
    """Who knows less than the stream is not refused for it, but decided on what is so by then."""
    await instances.execute(idle, Reconfigure(replace(CONFIG, port=4300)), BY)
    after = await instances.execute(idle, RequestUpgrade(new_id(), "6.10.1"), BY)
    assert after.version == 3
    assert after.state.instance.config.port == 4300
    with pytest.raises(Refused) as caught:
        await instances.execute(idle, Reconfigure(replace(CONFIG, port=4400)), BY)
    assert caught.value.code == "instance-busy"


async def test_of_many_requests_one_is_recorded(instances, idle):
    """Eight requests at once: one is recorded, seven are told which is in the way."""
    requests = [RequestUpgrade(new_id(), "6.10.1") for _ in range(8)]
    ends = await asyncio.gather(*(instances.execute(idle, each, BY) for each in requests), return_exceptions=True)
    [winner] = [end for end in ends if not isinstance(end, BaseException)]
    refusals = [end for end in ends if isinstance(end, Refused)]
    assert [each.code for each in refusals] == ["instance-busy"] * 7
    assert {each.facts["upgrade_id"] for each in refusals} == {winner.state.run.upgrade_id}
    assert (await instances.load(idle.stream_id)).version == 2


async def test_of_twins_under_one_command_id_one_is_recorded_and_the_others_know(instances, idle):
    """Eight twins at once: the others learn that it was their own command, not that somebody is in the way."""
    claim = Claim(new_id(), b"hash", "{}")
    command = RequestUpgrade(new_id(), "6.10.1")

    def execute():
        return instances.execute(idle, command, BY, claims=lambda _: [claim])

    ends = await asyncio.gather(*(execute() for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(end, AlreadyClaimed) for end in ends) == 7
    assert (await instances.load(idle.stream_id)).version == 2


async def test_a_claim_is_told_the_instance_as_it_will_be(instances, idle):
    """The answer that is kept may speak of what the command led to."""
    seen = []
    claim = Claim(new_id(), b"hash", "{}")
    await instances.execute(idle, RequestUpgrade(new_id(), "6.10.1"), BY, claims=lambda x: seen.append(x) or [claim])
    assert [(each.version, type(each.state)) for each in seen] == [(2, s.Requested)]


async def test_a_caller_may_insist_on_a_version(instances, idle):
    """With If-Match a command is decided at that version or not at all."""
    await instances.execute(idle, Reconfigure(replace(CONFIG, port=4300)), BY, if_match=1)
    for loaded in (idle, await instances.load(idle.stream_id)):
        with pytest.raises(WrongVersion) as caught:
            await instances.execute(loaded, Reconfigure(replace(CONFIG, port=4400)), BY, if_match=1)
        assert caught.value.version == 2


async def test_a_worker_that_lost_its_lease_records_nothing(database, instances, idle):
    """After a take-over a report is refused, whatever it says."""
    requested = await instances.execute(idle, RequestUpgrade(new_id(), "6.10.1"), BY)
    leases = Leases(database, 0.0)
    old = await leases.acquire(idle.stream_id, "old")
    new = await leases.acquire(idle.stream_id, "new")
    with pytest.raises(StaleFence):
        await instances.execute(requested, success(requested.state), BY, fence=old)
    assert isinstance((await instances.execute(requested, success(requested.state), BY, fence=new)).state, s.Planned)


async def test_a_cancel_and_a_report_meet(instances, idle):
    """Whoever is first decides the way; the other is decided on what is then so."""
    upgrade_id = new_id()
    requested = await instances.execute(idle, RequestUpgrade(upgrade_id, "6.10.1"), BY)
    for _ in range(3):
        requested = await instances.execute(requested, success(requested.state), BY)
    assert isinstance(requested.state, s.Pulled)
    report, cancel = success(requested.state), Cancel(upgrade_id, AT)
    await asyncio.gather(
        instances.execute(requested, report, BY), instances.execute(requested, cancel, BY), return_exceptions=True
    )
    after = (await instances.load(idle.stream_id)).state
    assert isinstance(after, s.Idle | s.RollingBack)
