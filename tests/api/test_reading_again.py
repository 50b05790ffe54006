"""Reading again: who has what is still so is answered 304, and whoever might miss something is answered in full."""

import pytest

from tests.api.house import House, problem
from tests.domain import samples


@pytest.mark.parametrize("path", ["", "/history"])
async def test_what_is_still_so_is_not_sent_again(house: House, path: str) -> None:
    """The answer is 304 with the same ETag and no body, until something happens to the instance."""
    await house.register()
    await house.place()
    first = await house.client.get(f"/instances/flags{path}")
    tag = first.headers["etag"]
    for given in (tag, f"W/{tag}", f'"0", {tag}'):
        again = await house.client.get(f"/instances/flags{path}", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert "no-cache" in first.headers["cache-control"]
    await house.client.post("/instances/flags/rename", json={"name": "banners"})
    await house.place()
    newer = await house.client.get(f"/instances/banners{path}", headers={"If-None-Match": tag})
    assert newer.status_code == 200
    assert newer.headers["etag"] != tag


async def test_who_may_not_read_is_refused_whatever_they_have(house: House) -> None:
    """An ETag is no right: without a token it is 401."""
    await house.register()
    answer = await house.anyone.get("/instances/flags", headers={"If-None-Match": '"1"'})
    assert (answer.status_code, problem(answer)) == (401, "token-missing")


async def test_what_stands_beside_the_log_is_always_sent(house: House) -> None:
    """Progress of a step, and positions that are not given yet, change without a new version."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    requested = (await house.client.get(f"/upgrades/{upgrade_id}")).headers["etag"]
    known = {"If-None-Match": requested}
    assert (await house.client.get(f"/upgrades/{upgrade_id}", headers=known)).status_code == 304
    assert (await house.client.get(f"/upgrades/{upgrade_id}/events", headers=known)).status_code == 200
    await house.place()
    assert (await house.client.get(f"/upgrades/{upgrade_id}/events", headers=known)).status_code == 304
    await house.tell(instance_id, upgrade_id, samples.migrate_started)
    under_way = await house.client.get(f"/upgrades/{upgrade_id}")
    assert under_way.json()["progress"]
    known = {"If-None-Match": under_way.headers["etag"]}
    assert (await house.client.get(f"/upgrades/{upgrade_id}", headers=known)).status_code == 200


async def test_a_way_back_and_an_ended_upgrade_are_not_sent_again(house: House) -> None:
    """Nothing of them changes any more."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    for path in ("/instances/flags/rollback-point", f"/upgrades/{upgrade_id}"):
        first = await house.client.get(path)
        assert first.status_code == 200, first.text
        known = {"If-None-Match": first.headers["etag"]}
        assert (await house.client.get(path, headers=known)).status_code == 304
