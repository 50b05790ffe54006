import asyncio
import json
import logging
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.webhooks.decider import ChangeEndpoint, DisableEndpoint, EnableEndpoint, RemoveEndpoint
from astrolabe.domain.webhooks.endpoint import EndpointConfig
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.webhooks.deliveries import Outcome
from astrolabe.store.webhooks.fan_out import FanOut
from astrolabe.workers.relay.webhooks.lane import AT_ONCE
from tests.databases import run
from tests.ports import free_port
from tests.store.stage import eventually
from tests.waiting import until
from tests.workers.receiver import Receiver, answer
from tests.workers.webhook_stage import BY, Stage

SUCCEEDED = "astrolabe.upgrade.succeeded"
LONG = timedelta(hours=1)


@pytest_asyncio.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A log of the test's own."""
    async with Database(database_url) as database:
        yield Stage(database, tmp_path)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that answers 200."""
    async with Receiver.listening() as made:
        yield made


async def test_an_endpoint_is_told_of_what_it_asked_for(stage: Stage, receiver: Receiver) -> None:
    """Only the types and instances that an endpoint names reach it, and only what came after it was added."""
    mine, other = new_id(), new_id()
    await stage.complete(mine)
    await stage.place()
    await stage.add(receiver.url, types=(SUCCEEDED,), instances=(mine,))
    wanted = await stage.complete(mine, 2)
    await stage.complete(other)
    wanted += await stage.complete(mine)
    async with stage.telling():
        got = await receiver.gets(3)
    assert sorted(receiver.ids) == sorted(wanted)
    assert {message.told["type"] for message in got} == {SUCCEEDED}
    assert {message.told["data"]["instance_id"] for message in got} == {mine}
    assert {message.told["data"]["name"] for message in got} == {"flags"}
    assert {message.told["text"] for message in got} == {"flags (unleash): the upgrade succeeded."}
    assert {int(message.told["sequence"]) for message in got} == {int(message.told["position"]) for message in got}


async def test_a_body_is_the_same_each_time_it_is_sent(stage: Stage, receiver: Receiver) -> None:
    """What is sent again has the same id and the same bytes; only the timestamp and what is signed with it change."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    (event,) = await stage.complete(new_id())
    async with stage.telling():
        await receiver.gets(1)
        await eventually(lambda: _is(stage, endpoint, event, "delivered"))
        assert await stage.deliveries.again(endpoint, event)
        await eventually(lambda: _tried(stage, endpoint, event, 2))
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body) == (event, first.body)
    assert first.told["id"] == event


async def test_in_order_an_instance_waits_for_its_own_and_for_no_other(stage: Stage, receiver: Receiver) -> None:
    """Where order is asked for, what fails holds up the rest of its instance, and nothing else."""
    stuck, free = new_id(), new_id()
    await stage.add(receiver.url, types=(SUCCEEDED,), ordered=True)
    receiver.reply = lambda message: answer(500) if message.told["data"]["instance_id"] == stuck else answer(204)
    first, *_ = await stage.complete(stuck, 3)
    others = await stage.complete(free, 4)
    async with stage.telling():
        await receiver.gets(5)
    assert [each for each in receiver.ids if each in others] == others
    assert [each for each in receiver.ids if each not in others] == [first]


async def test_a_dead_and_a_silent_endpoint_delay_nobody(stage: Stage, receiver: Receiver) -> None:
    """While one endpoint refuses connections and another never answers, a third gets everything."""
    async with Receiver.listening() as silent:
        silent.until = asyncio.Event().wait
        await stage.add(f"http://127.0.0.1:{free_port()}/", "dead")
        await stage.add(silent.url, "silent")
        await stage.add(receiver.url, types=(SUCCEEDED,), ordered=True)
        wanted = await stage.complete(new_id(), 40)
        async with stage.telling():
            await receiver.gets(40)
    assert receiver.ids == wanted
    assert (silent.opened, silent.got) == (AT_ONCE, [])


async def test_what_a_lost_database_interrupts_goes_on(
    postgres_server: Postgres, database_url: str, tmp_path: Path, receiver: Receiver
) -> None:
    """A server that ends all connections in the middle of deliveries delays them, and loses none."""
    name = database_url.rpartition("/")[2]
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    async with Database(database_url) as database:
        stage = Stage(database, tmp_path, deadline=timedelta(seconds=2))
        await stage.add(receiver.url, types=(SUCCEEDED,), ordered=True)
        wanted = await stage.complete(new_id(), 20)
        async with stage.telling():
            await receiver.gets(5)
            await run(postgres_server, end)
            await receiver.gets(20)
    assert receiver.ids == wanted


async def test_410_disables_at_once_and_what_happens_is_kept(stage: Stage, receiver: Receiver) -> None:
    """Gone is an event in the log; what follows is kept, and sent once somebody enables the endpoint."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    receiver.reply = lambda _: answer(410)
    instance = new_id()
    await stage.complete(instance)
    async with stage.telling():
        await eventually(lambda: _disabled(stage, endpoint, "gone"))
        await stage.complete(instance, 2)
        await eventually(lambda: _pending(stage, endpoint, 3))
        came = len(receiver.got)
        receiver.reply = lambda _: answer(200)
        await stage.webhooks.execute(EnableEndpoint(endpoint), BY)
        await stage.place()
        await receiver.gets(3)
    assert came == 1


async def test_what_waited_for_its_next_try_is_sent_when_the_endpoint_is_enabled(
    stage: Stage, receiver: Receiver
) -> None:
    """Whoever enables an endpoint says that it is well: nothing goes on waiting for hours."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,), ordered=True)
    receiver.reply = lambda _: answer(503, Retry_After="7200")
    first, second = await stage.complete(new_id(), 2)
    async with stage.telling():
        await eventually(lambda: _tried(stage, endpoint, first, 1))
        receiver.reply = lambda _: answer(200)
        for command in (DisableEndpoint(endpoint), EnableEndpoint(endpoint)):
            await stage.webhooks.execute(command, BY)
        await stage.place()
        await receiver.gets(2)
    assert receiver.ids == [first, second]


async def test_what_waits_for_its_next_try_is_recovered_too(stage: Stage, receiver: Receiver) -> None:
    """Recovery brings forward what failed so far, under its old id; what is under way is left alone."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    receiver.reply = lambda _: answer(503, Retry_After="7200")
    (event,) = await stage.complete(new_id())
    async with stage.telling():
        await eventually(lambda: _tried(stage, endpoint, event, 1))
        receiver.reply = lambda _: answer(200)
        assert await stage.deliveries.recover(endpoint, None, None, delivered=False) == 1
        await eventually(lambda: _is(stage, endpoint, event, "delivered"))
    assert [message.id for message in receiver.got] == [event, event]
    await stage.complete(new_id())
    async with stage.telling():
        await receiver.gets(2)
    assert await stage.deliveries.recover(endpoint, None, None, delivered=False) == 0


async def test_an_answer_of_where_an_endpoint_was_does_not_disable_where_it_is(
    stage: Stage, receiver: Receiver
) -> None:
    """A 410 that comes after the URL was changed is the old one's; the new one is sent the event."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    moved = asyncio.Event()
    async with Receiver.listening() as old:
        await stage.webhooks.execute(_moved(endpoint, old.url), BY)
        old.reply = lambda _: answer(410)
        old.until = moved.wait
        (event,) = await stage.complete(new_id())
        async with stage.telling() as telling:
            await until(lambda: old.opened == 1)
            await stage.webhooks.execute(_moved(endpoint, receiver.url), BY)
            await stage.place()
            await until(lambda: telling._lanes[endpoint][0].endpoint.config.url == receiver.url)
            moved.set()
            await eventually(lambda: _tried(stage, endpoint, event, 1))
            await stage.deliveries.again(endpoint, event)
            await receiver.gets(1)
    assert (await stage.webhooks.current()).find(endpoint).disabled is None


async def test_long_failure_disables_and_says_so(
    database_url: str, tmp_path: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """An endpoint that nothing reached for too long is disabled by an event that names the reason, and loudly."""
    async with Database(database_url) as database:
        stage = Stage(database, tmp_path, failing_for=timedelta(seconds=0))
        endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
        receiver.reply = lambda _: answer(503)
        await stage.complete(new_id())
        async with stage.telling():
            await eventually(lambda: _disabled(stage, endpoint, "failing"))
            await eventually(lambda: _logged(caplog, "is disabled"))
        cause = (await stage.log.read_stream("00000000-0000-7000-8000-000000000002"))[-1].cause
        assert (cause.actor, cause.reason) == ("relay", "nothing has reached the endpoint for too long")


async def test_a_disabled_and_a_removed_endpoint_get_nothing(stage: Stage, receiver: Receiver) -> None:
    """What is disabled waits; what is removed is forgotten with all that waited for it."""
    off = await stage.add(receiver.url, "off", types=(SUCCEEDED,))
    gone = await stage.add(receiver.url, "gone", types=(SUCCEEDED,))
    await stage.webhooks.execute(DisableEndpoint(off), BY)
    await stage.complete(new_id(), 2)
    await stage.webhooks.execute(RemoveEndpoint(gone), BY)
    await stage.place()
    async with stage.telling():
        await eventually(lambda: _pending(stage, off, 2))
        assert await stage.deliveries.list(gone) == []
    assert receiver.got == []


async def test_retry_after_and_what_was_answered_are_kept(stage: Stage, receiver: Receiver) -> None:
    """Each attempt keeps status, latency and the beginning of the answer; a longer Retry-After puts the next off."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    receiver.reply = lambda _: answer(429, "sl\x1b[31mow\r\n" + "x" * 5000, Retry_After="7200")
    (event,) = await stage.complete(new_id())
    async with stage.telling():
        await eventually(lambda: _tried(stage, endpoint, event, 1))
    delivery, (attempt,) = await stage.delivery(endpoint, event)
    assert delivery.state == "pending"
    assert timedelta(hours=1.9) < delivery.due_at - attempt.at < timedelta(hours=2.1)
    assert (attempt.status, len(attempt.response) <= 1024) == (429, True)
    assert attempt.response.startswith("sl [31mow x")


async def test_of_two_relays_none_sends_what_the_other_sends(stage: Stage, receiver: Receiver) -> None:
    """Relays share the work: with two at it nothing is sent twice, and order holds."""
    await stage.add(receiver.url, types=(SUCCEEDED,), ordered=True)
    instances = [new_id() for _ in range(4)]
    wanted = [await stage.complete(instance, 25) for instance in instances]
    async with stage.telling(), stage.telling():
        await receiver.gets(100)
    assert len(receiver.got) == 100
    for events in wanted:
        assert [each for each in receiver.ids if each in events] == events


async def test_what_a_dead_relay_had_taken_is_taken_by_another(stage: Stage, receiver: Receiver) -> None:
    """A delivery that was never finished comes back when its lease ends; then a late finish counts for nothing."""
    endpoint_id = await stage.add(receiver.url, types=(SUCCEEDED,), ordered=True)
    first, second = await stage.complete(new_id(), 2)
    await FanOut(stage.database, stage.log).drain()
    endpoint = (await stage.webhooks.current()).find(endpoint_id)
    (dead,) = await stage.deliveries.take(endpoint, 8, LONG)
    assert await stage.deliveries.take(endpoint, 8, LONG) == []
    await stage.database.pool.execute("UPDATE webhook_delivery SET due_at = now()")
    (living,) = await stage.deliveries.take(endpoint, 8, LONG)
    assert dead.message_id == living.message_id == first
    late, well = (Outcome(state, datetime.now(UTC), 200, 5, "") for state in ("failed", "delivered"))
    finished = [await stage.deliveries.finish(*each) for each in ((dead, late), (living, well), (dead, late))]
    assert finished == [False, True, False]
    assert await _tried(stage, endpoint_id, first, 1)
    async with stage.telling():
        await eventually(lambda: _is(stage, endpoint_id, second, "delivered"))
    assert receiver.ids == [second]


async def test_recovery_sends_a_range_again(stage: Stage, receiver: Receiver) -> None:
    """What is over is sent again by the time of its event, failed ones alone unless all are asked for."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    events = [(await stage.complete(new_id()))[0] for _ in range(3)]
    async with stage.telling():
        await eventually(lambda: _all(stage, endpoint, "delivered", 3))
        (first, _), _, (third, _) = [await stage.delivery(endpoint, event) for event in events]
        begin, end = first.occurred_at, third.occurred_at
        assert await stage.deliveries.recover(endpoint, None, None, delivered=False) == 0
        assert await stage.deliveries.recover(endpoint, begin, end, delivered=True) == 2
        for event in events[:2]:
            await eventually(lambda event=event: _tried(stage, endpoint, event, 2))
        await stage.database.pool.execute("UPDATE webhook_delivery SET state = 'failed' WHERE event_id = $1", events[2])
        assert await stage.deliveries.recover(endpoint, end, None, delivered=False) == 1
        await eventually(lambda: _tried(stage, endpoint, events[2], 2))
    assert sorted(message.id for message in receiver.got) == sorted(events * 2)


async def test_what_is_long_over_is_dropped(stage: Stage, receiver: Receiver) -> None:
    """Retention drops what was delivered with its attempts, and never what still waits."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    dead = await stage.add(f"http://127.0.0.1:{free_port()}/", "dead", types=(SUCCEEDED,))
    await stage.complete(new_id(), 3)
    async with stage.telling():
        await eventually(lambda: _all(stage, endpoint, "delivered", 3))
    await stage.deliveries.drop_old(timedelta(days=1))
    assert len(await stage.deliveries.list(endpoint)) == 3
    await stage.deliveries.drop_old(timedelta(0))
    assert await stage.deliveries.list(endpoint) == []
    assert await _pending(stage, dead, 3)


async def test_another_master_key_sends_nothing_that_nobody_could_verify(
    stage: Stage, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A relay without the API's key file holds deliveries back and says so, until it is given that file."""
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    await stage.complete(new_id())
    other = Stage(stage.database, tmp_path / "other")
    async with other.telling():
        await eventually(lambda: _logged(caplog, "another master key"))
        await eventually(lambda: _pending(stage, endpoint, 1))
        assert receiver.got == []
        shutil.copy(stage.key_file, other.key_file)
        (message,) = await receiver.gets(1)
    Webhook(stage.keys.verifying(endpoint, 1).secret).verify(message.body, message.headers)


async def test_no_secret_is_recorded_kept_or_logged(
    stage: Stage, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether a delivery arrives or fails, nothing that signs is in the database, or in the most talkative log."""
    caplog.set_level(logging.DEBUG)
    endpoint = await stage.add(receiver.url, types=(SUCCEEDED,))
    receiver.reply = lambda message: answer(200 if len(receiver.got) else 500, json.dumps(message.headers))
    events = await stage.complete(new_id(), 2)
    async with stage.telling():
        for event in events:
            await eventually(lambda event=event: _tried(stage, endpoint, event, 1))
    tables = ("event", "command", "webhook_delivery", "webhook_attempt")
    rows = [await stage.database.pool.fetch(f"SELECT t::text FROM {table} t") for table in tables]
    everything = caplog.text + "".join(row["t"] for each in rows for row in each)
    assert receiver.got[0].headers["webhook-signature"].split()[0] in everything
    for secret in (stage.key_file.read_text().strip(), stage.keys.verifying(endpoint, 1).secret):
        assert secret.removeprefix("whsec_") not in everything


def _moved(endpoint_id: str, url: str) -> ChangeEndpoint:
    return ChangeEndpoint(endpoint_id, EndpointConfig("chat", url, (SUCCEEDED,)))


async def _is(stage: Stage, endpoint: str, event: str, state: str) -> bool:
    found = await stage.deliveries.one(endpoint, event)
    return found is not None and found[0].state == state


async def _tried(stage: Stage, endpoint: str, event: str, many: int) -> bool:
    found = await stage.deliveries.one(endpoint, event)
    return found is not None and len(found[1]) == many


async def _all(stage: Stage, endpoint: str, state: str, many: int) -> bool:
    return [each.state for each in await stage.deliveries.list(endpoint)] == [state] * many


async def _pending(stage: Stage, endpoint: str, many: int) -> bool:
    return (await stage.deliveries.counts(endpoint))["pending"] == many


async def _disabled(stage: Stage, endpoint: str, why: str) -> bool:
    return (await stage.webhooks.current()).find(endpoint).disabled == why


async def _logged(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return words in caplog.text
