from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.api.house import FLAGS, House, problem
from tests.domain import samples

WAY_UP = samples.SUCCEEDED[2:]


async def succeeded(house: House) -> tuple[str, str]:
    """An instance with one upgrade that succeeded, every event placed; the ids of both."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *WAY_UP)
    await house.place()
    return instance_id, upgrade_id


async def test_the_history_says_who_did_what_and_why(house: House) -> None:
    """Each event carries its version, gapless position, actor, reason, source and data."""
    await house.client.post("/instances", json=FLAGS | {"reason": "the shop's flags"})
    await house.place()
    (event,) = (await house.client.get("/instances/flags/history")).json()["items"]
    assert (event["version"], event["type"], event["actor"]) == (1, "instance_registered", "adminer")
    assert (event["reason"], event["source"]) == ("the shop's flags", "api")
    assert event["position"] == len(house.secrets)
    assert event["data"]["config"]["name"] == "flags"
    assert "type" not in event["data"]


async def test_the_history_is_read_page_by_page(house: House) -> None:
    """Following `next` gives every event once, in the order of the stream."""
    instance_id, _ = await succeeded(house)
    link: str | None = f"/instances/{instance_id}/history?limit=4"
    seen: list[int] = []
    while link:
        page = (await house.client.get(link)).json()
        assert len(page["items"]) <= 4
        seen += [each["version"] for each in page["items"]]
        link = page["next"]
    assert seen == list(range(1, len(samples.SUCCEEDED) + 1))


async def test_the_past_is_folded_as_it_stood_at_a_position(house: House) -> None:
    """At the position of the request the instance is upgrading from the old version and has no way back yet."""
    instance_id, upgrade_id = await succeeded(house)
    position = len(house.secrets) + 1
    then = (await house.client.get(f"/instances/flags?at={position}")).json()
    assert (then["version"], then["status"], then["upgrade_id"]) == ("5.6.0", "upgrading", upgrade_id)
    assert (await house.client.get(f"/instances/{instance_id}")).json()["version"] == "6.10.1"
    history = (await house.client.get(f"/instances/flags/history?at={position}")).json()["items"]
    assert [each["position"] for each in history] == [position - 1, position]
    answer = await house.client.get(f"/instances/flags/rollback-point?at={position}")
    assert (answer.status_code, problem(answer)) == (404, "no-rollback-point")


async def test_the_past_is_folded_as_it_stood_at_a_time(house: House) -> None:
    """At the time of the registration the instance is idle; a moment before there was none; the future is now."""
    await succeeded(house)
    registered = (await house.client.get("/instances/flags/history")).json()["items"][0]["recorded_at"]
    assert (await house.client.get(f"/instances/flags?at={registered}")).json()["status"] == "idle"
    assert problem(await house.client.get("/instances/flags?at=2020-01-01T00:00:00Z")) == "instance-unknown"
    later = quote(datetime.max.replace(tzinfo=UTC).isoformat())
    assert (await house.client.get(f"/instances/flags?at={later}")).json()["version"] == "6.10.1"


@pytest.mark.parametrize(
    "at", ["yesterday", "-1", "2026-01-01", "2026-01-01T00:00:00", "9" * 30, "0001-01-01T00:00:00%2B14:00", "1e3", ""]
)
async def test_a_moment_that_is_none_is_refused(house: House, at: str) -> None:
    """Only a position, or a time with its zone, is a moment."""
    await house.register()
    answer = await house.client.get(f"/instances/flags/history?at={at}")
    assert (problem(answer), answer.json()["errors"][0]["field"]) == ("parameter-invalid", "at")


async def test_the_rollback_point_says_what_takes_an_instance_back(house: House) -> None:
    """It names the upgrade, the old artifact with its hash, the copy and the dump."""
    _, upgrade_id = await succeeded(house)
    point = (await house.client.get("/instances/flags/rollback-point")).json()
    assert (point["upgrade_id"], point["artifact"]["integrity"]) == (upgrade_id, "sha512-old")
    assert (point["copy"]["database"], point["dump"]["sha256"]) == ("unleash_before_1", "ab" * 32)
