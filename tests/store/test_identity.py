"""What a stream acts on, and no other may: kept by the append itself, and folded anew from the log."""

import asyncio

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades.commands import Reconfigure, Register, Rename, Report, Retire
from astrolabe.store.database import Database
from astrolabe.store.errors import IdentityTaken
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import Instances
from astrolabe.store.views.projector import Projector
from tests.domain.samples import BARE, CONFIG, observed
from tests.store.stage import BY, messages, running, said, someone_waits

HELD = "SELECT thing FROM identity ORDER BY thing"
NAME = "name flags"
THINGS = ["database local 5432 unleash", NAME, "port local 4242"]


async def things(connection) -> list[str]:
    """Read what is held."""
    return [row[0] for row in await connection.fetch(HELD)]


async def test_of_many_processes_that_register_one_thing_one_is_let_in(database_url, superuser):
    """Connections that do not see each other's appends: one instance, and the others know whose it is."""
    databases = [Database(database_url, pool_size=2) for _ in range(4)]
    for each in databases:
        await each.__aenter__()
    ids = [new_id() for _ in range(16)]
    houses = [Instances(Log(databases[nth % 4])) for nth in range(16)]
    register = Register(CONFIG, "5.6.0")
    works = [
        instances.execute(instances.fresh(stream_id), register, BY)
        for instances, stream_id in zip(houses, ids, strict=True)
    ]
    ends = await asyncio.gather(*works, return_exceptions=True)
    for each in databases:
        await each.__aexit__(None, None, None)
    (won,) = [end for end in ends if not isinstance(end, BaseException)]
    refused = [end for end in ends if isinstance(end, IdentityTaken)]
    assert {(each.stream_id, each.things) for each in refused} == {(won.stream_id, tuple(THINGS))}
    assert len(refused) == 15
    assert await superuser.fetchval("SELECT count(*) FROM event") == 1
    assert await things(superuser) == THINGS


@pytest.mark.parametrize("commits", [True, False])
async def test_a_second_one_waits_for_the_first_to_end(log, superuser, commits):
    """A registration in flight makes its twin wait; committed it refuses the twin, given up it binds nobody."""
    instances, stream_id = Instances(log), new_id()
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("INSERT INTO identity VALUES ($1, 0, $2)", THINGS[2], new_id())
    twin = asyncio.create_task(instances.execute(instances.fresh(stream_id), Register(CONFIG, "5.6.0"), BY))
    await someone_waits(superuser)
    await (transaction.commit() if commits else transaction.rollback())
    if commits:
        with pytest.raises(IdentityTaken):
            await twin
    else:
        assert (await twin).version == 1
    assert await log.head(stream_id) == (0 if commits else 1)


async def test_what_is_an_instances_moves_with_it_and_ends_with_it(database, log, superuser):
    """Each append leaves the rows of what the instance is then; the name of what ran stays."""
    instances = Instances(log)
    loaded = await instances.execute(instances.fresh(new_id()), Register(CONFIG, "5.6.0"), BY)
    assert await things(superuser) == THINGS
    loaded = await instances.execute(loaded, Reconfigure(replace(CONFIG, port=4300)), BY)
    assert await things(superuser) == [THINGS[0], NAME, "port local 4300"]
    loaded = await instances.execute(loaded, Reconfigure(replace(CONFIG, port=4300, patience_seconds=7)), BY)
    assert await things(superuser) == [THINGS[0], NAME, "port local 4300"]
    other = await instances.execute(instances.fresh(new_id()), Register(replace(BARE, name="other"), "5.6.0"), BY)
    with pytest.raises(IdentityTaken, match="port local 4242"):
        await instances.execute(loaded, Reconfigure(CONFIG), BY)
    await instances.execute(other, Retire(), BY)
    with pytest.raises(IdentityTaken, match="name flags"):
        await instances.execute(instances.fresh(new_id()), Register(BARE, "5.6.0"), BY)
    loaded = await instances.execute(loaded, Rename("shop"), BY)
    lost = await instances.execute(instances.fresh(new_id()), Register(replace(BARE, name="lost")), BY)
    assert await things(superuser) == [
        THINGS[0],
        "name lost",
        "name other",
        "name shop",
        *THINGS[2:],
        "port local 4300",
    ]
    await instances.execute(lost, Retire(), BY)  # nobody ever knew a version of it
    loaded = await instances.execute(loaded, Report(observed), BY)
    await instances.execute(loaded, Retire(), BY)
    assert await things(superuser) == ["name other", "name shop"]
    await Projector(database, log).rebuild()
    assert await things(superuser) == ["name other", "name shop"]


async def test_they_are_folded_anew_while_others_register(database, log, superuser):
    """A rebuild loses no instance that is registered meanwhile, sequenced or not."""
    instances, projector = Instances(log), Projector(database, log)

    async def rebuild() -> None:
        while True:
            await projector.rebuild()

    async def register(port: int) -> None:
        config = replace(BARE, name=f"flags-{port}", port=port)
        version = "5.6.0" if port % 3 else None
        loaded = await instances.execute(instances.fresh(new_id()), Register(config, version), BY)
        if version is None:
            await instances.execute(loaded, Retire(), BY)
        else:
            await instances.execute(loaded, Rename(f"shop-{port}"), BY)

    async with running(rebuild()):
        for first in range(5000, 5030, 6):
            await asyncio.gather(*(register(port) for port in range(first, first + 6)))
    stays = [port for port in range(5000, 5030) if port % 3]
    kept = [*(f"name shop-{port}" for port in stays), *(f"port local {port}" for port in stays)]
    assert await things(superuser) == kept
    await projector.rebuild()
    assert await things(superuser) == kept


async def test_an_append_that_moves_nothing_waits_for_no_rebuild(log, superuser):
    """Only what changes the identity of an instance stands behind one that folds them all."""
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("LOCK TABLE identity IN EXCLUSIVE MODE")
    stream_id = new_id()
    await asyncio.wait_for(log.append(stream_id, 0, [said("one")], BY), 20)
    assert messages(await log.read_stream(stream_id)) == ["one"]
    await transaction.rollback()
