"""The relay: at rest it asks nothing, and what falls due is notified when its time comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio

from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.holds import Hold, LiftHold, PlaceHold
from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.appended import CHANNEL as APPENDED
from astrolabe.store.log.appended import AppendNotifier
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.leases import Leases, resources_of
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.log.tail import Channel, Tail
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.store.views.projector import Projector
from astrolabe.store.views.queries import UpgradeFilter, Views
from astrolabe.workers.broker import open_broker, queue_of
from astrolabe.workers.relay import relay
from astrolabe.workers.relay.relay import Relay
from astrolabe.workers.waking import WakingBroker
from tests.store.histories import Town
from tests.store.stage import BY, eventually, running
from tests.waiting import until

LEASE_SECONDS = 2.0
NEVER = 600.0
REST_SECONDS = 2.5


class House:
    """A log with instances, and a broker that no worker listens to."""

    def __init__(self, database: Database, broker: WakingBroker) -> None:
        self.database = database
        self.broker = broker
        self.log = Log(database)
        self.town = Town(Instances(self.log))
        self.views = Views(database)

    async def place(self) -> None:
        """Bring order, lists and the relay's place up to the log, as a relay did that has ended."""
        await Sequencer(self.database).drain()
        await Projector(self.database, self.log).drain()
        await Cursor(self.database, "relay").put(await self.log.last_position())

    def messages(self, instance_id: str) -> int:
        """Count the messages that wait for the workers of an instance's host."""
        return int(self.broker.do_qsize(queue_of(f"host-{instance_id}")))

    def notified(self, instance_id: str) -> bool:
        """Return whether a message waits for the workers of an instance's host."""
        return self.messages(instance_id) > 0

    def message(self, instance_id: str) -> tuple[str, ...]:
        """Take a message for the workers of an instance's host; return what it says."""
        consumer = self.broker.consume(queue_of(f"host-{instance_id}"))
        message = next(consumer)
        assert message
        consumer.ack(message)
        return tuple(message.args)

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """Let a relay follow the log."""
        appends = Channel(APPENDED)
        async with (
            Tail(self.database, beside=[appends]) as tail,
            running(Relay(self.database, tail, self.broker, appends).run()),
        ):
            yield


@pytest_asyncio.fixture
async def house(database_url: str, valkey_server: Valkey, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose relay would look by itself only in ten minutes."""
    monkeypatch.setattr(relay, "LONGEST_SECONDS", NEVER)
    monkeypatch.setattr(relay, "QUIET", timedelta(0))
    broker = open_broker(valkey_server.url)
    async with Database(database_url) as database:
        yield House(database, broker)
    broker.close()


async def test_at_rest_it_does_not_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has looked, and nothing is due, it asks for nothing more."""
    await house.town.play([(0, "register", 1)])
    await house.place()
    looks = 0
    unattended = Views.unattended

    async def counted(views: Views, quiet: timedelta) -> object:
        nonlocal looks
        looks += 1
        return await unattended(views, quiet)

    monkeypatch.setattr(Views, "unattended", counted)
    async with house.relaying():
        await until(lambda: looks > 0)
        await asyncio.sleep(REST_SECONDS)
    assert looks <= 2


async def test_what_falls_due_is_notified_when_its_time_comes(house: House) -> None:
    """A retention that ends while the relay rests is told to the worker then."""
    await house.town.play([(0, "register", 1)])
    await house.place()
    (row,) = await house.views.instances()
    await house.database.pool.execute("UPDATE view_instance SET due_at = now() + interval '1500 ms'")
    async with house.relaying():
        await until(lambda: house.notified(row.instance_id))
    assert await house.views.until_due() == 0


async def test_what_a_dead_worker_left_is_notified_when_its_lease_ends(house: House) -> None:
    """Nobody tells of a death: while something is due the relay looks, though no event comes."""
    await house.town.play([(0, "register", 1), (0, "request", 1)])
    await house.place()
    (row,) = await house.views.instances()
    leases = Leases(house.database, LEASE_SECONDS)
    assert await leases.acquire(row.instance_id, "dead")
    async with house.relaying():
        await until(lambda: house.notified(row.instance_id))
    assert await leases.acquire(row.instance_id, "living")


async def test_a_message_that_was_lost_while_it_rested_is_sent_again(house: House) -> None:
    """What becomes due ends the rest, so that whoever loses the message gets another."""
    await house.town.play([(0, "register", 1)])
    await house.place()
    (row,) = await house.views.instances()
    async with house.relaying():
        await asyncio.sleep(REST_SECONDS)
        await house.town.play([(0, "request", 1)])
        await until(lambda: house.notified(row.instance_id))
        house.broker.client.flushall()
        await until(lambda: house.notified(row.instance_id))


async def test_what_is_held_is_left_alone_until_the_hold_is_lifted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retention that has ended notifies nobody while somebody holds what it is of, and does once that is lifted."""
    await house.town.play([(0, "register", 1)])
    await house.place()
    (row,) = await house.views.instances()
    await house.database.pool.execute("UPDATE view_instance SET due_at = now() - interval '1 second'")
    holds, hold = HoldsInForce(house.log), Hold(new_id(), instance_id=row.instance_id)
    await holds.execute(PlaceHold(hold), BY)
    looked: list[int] = []
    not_held = Relay._not_held

    async def counted(asked: Relay, rows: Sequence[InstanceRow]) -> list[InstanceRow]:
        found = await not_held(asked, rows)
        looked.append(len(found))
        return found

    monkeypatch.setattr(Relay, "_not_held", counted)
    async with house.relaying():
        await until(lambda: looked != [])
        assert set(looked) == {0}
        assert not house.notified(row.instance_id)
        await holds.execute(LiftHold(hold.hold_id), BY)
        await until(lambda: house.notified(row.instance_id))


async def test_what_is_asked_is_notified_before_it_has_its_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The append's own notification is enough: nobody waits for the order of the whole log."""
    await house.town.play([(0, "register", 1)])
    await house.place()
    (row,) = await house.views.instances()

    async def none(_: Sequencer) -> int:
        return 0

    monkeypatch.setattr(Sequencer, "step", none)
    async with house.relaying():
        await asyncio.sleep(0.5)
        await house.town.play([(0, "request", 1)])
        await until(lambda: house.notified(row.instance_id))
    state = (await Instances(house.log).load(row.instance_id)).state
    assert not isinstance(state, Absent)
    assert house.message(row.instance_id) == (row.instance_id, *resources_of(state.instance.config))


async def test_what_was_notified_at_once_is_not_notified_again_for_its_place(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay knows up to which version it has notified a host."""
    monkeypatch.setattr(relay, "QUIET", timedelta(hours=1))
    await house.town.play([(0, "register", 1)])
    await house.place()
    (row,) = await house.views.instances()
    cursor, before = Cursor(house.database, "relay"), await house.log.last_position()
    async with house.relaying():
        await asyncio.sleep(0.5)
        await house.town.play([(0, "request", 1)])
        await until(lambda: house.notified(row.instance_id))
        while await cursor.get() <= before:
            await asyncio.sleep(0.02)
    assert house.messages(row.instance_id) == 1


async def test_a_worker_is_notified_before_its_instance_is_read_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is and what it acts on was read before; a message that nothing is due for costs no more than a look."""
    reads: asyncio.Queue[str] = asyncio.Queue()
    current = Instances.current

    async def until_it_may(instances: Instances, instance_id: str) -> Loaded:
        loaded = await current(instances, instance_id)
        await reads.put(instance_id)
        await may_go_on.wait()
        return loaded

    monkeypatch.setattr(Instances, "current", until_it_may)
    may_go_on = asyncio.Event()
    may_go_on.set()
    async with house.relaying():
        await house.town.play([(0, "register", 1)])
        instance_id = await reads.get()
        await house.place()
        may_go_on.clear()
        await house.town.play([(0, "request", 1)])
        await until(lambda: house.notified(instance_id))
        may_go_on.set()
    instance = await Instances(house.log).load(instance_id)
    assert not isinstance(instance.state, Absent)
    assert house.message(instance_id) == (instance_id, *resources_of(instance.state.instance.config))


def test_the_more_events_there_are_the_longer_the_lists_gather_them() -> None:
    """A few show at once; of a busy log's the lists are a fifth of a second behind, and not at all where they lag."""
    assert relay.gathering(1) == relay.gathering(16) == 0.02
    assert relay.gathering(80) == pytest.approx(0.1)
    assert relay.gathering(900) == 0.2
    assert relay.gathering(relay.BATCH) == 0


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Sequencer, "step"),
        (Projector, "step"),
        (Instances, "current"),
        (Cursor, "get"),
        (Views, "unattended"),
        (HoldsInForce, "discard_expired"),
    ],
)
async def test_no_part_ends_with_an_outage(
    house: House, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    """A part that cannot reach the database is begun again, whichever it is, and all go on."""
    await house.town.play([(0, "register", 1)])
    await house.place()
    original, failed = getattr(owner, name), False

    async def away(*arguments: object, **named: object) -> object:
        nonlocal failed
        if not failed:
            failed = True
            raise ConnectionRefusedError("the database is away")
        return await original(*arguments, **named)

    monkeypatch.setattr(owner, name, away)
    async with house.relaying():
        await house.town.play([(0, "request", 1)])
        (row,) = await house.views.instances()

        async def placed_and_listed() -> bool:
            return await house.log.unsequenced() == 0 and len(await house.views.upgrades(UpgradeFilter())) == 1

        await until(lambda: failed and house.notified(row.instance_id))
        await eventually(placed_and_listed)


async def test_what_no_notification_named_is_found_in_the_log(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked may have died before it could notify anybody."""
    monkeypatch.setattr(relay, "QUIET", timedelta(hours=1))
    monkeypatch.setattr("astrolabe.store.log.sequencer.IDLE_SECONDS", 0.1)
    monkeypatch.setattr(AppendNotifier, "notify", lambda *_: None)
    await house.town.play([(0, "register", 1)])
    await house.place()
    (row,) = await house.views.instances()
    async with house.relaying():
        await house.town.play([(0, "request", 1)])
        await until(lambda: house.notified(row.instance_id))


async def test_what_nobody_takes_is_notified_less_and_less_often(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose worker is away does not find a message of every second when it comes back."""
    monkeypatch.setattr(relay, "RECONCILE_SECONDS", 0.05)
    monkeypatch.setattr(relay, "AGAIN_SECONDS", (0.5, 60.0))
    await house.town.play([(0, "register", 1), (0, "request", 1)])
    await house.place()
    (row,) = await house.views.instances()
    async with house.relaying():
        await until(lambda: house.messages(row.instance_id) == 2)
        await asyncio.sleep(1)
    assert house.messages(row.instance_id) <= 3
