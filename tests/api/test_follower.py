from astrolabe.api.upgrades.follower import Follower
from tests.api.house import House
from tests.domain import samples


async def test_a_follower_waits_for_what_has_no_position_yet(house: House) -> None:
    """A rollback asked for a moment ago keeps an ended upgrade open, though the log's order does not hold it yet."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    await house.place()
    follower = Follower(house.resources.log, house.resources.progress, instance_id, upgrade_id)
    await house.client.post(f"/upgrades/{upgrade_id}/rollback")
    assert [each.version for each in await follower.read()] == list(range(2, len(samples.SUCCEEDED) + 1))
    assert not follower.ended
    await house.tell(instance_id, upgrade_id, samples.rollback_begun, samples.restored, samples.rolled_back)
    assert await follower.read() == []
    await house.place()
    assert [each.event.__class__.__name__ for each in await follower.read()][-1] == "UpgradeRolledBack"
    assert follower.ended
