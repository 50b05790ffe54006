"""The fleet: what needs a person first, what is newer, and when that has changed."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from httpx_sse import aconnect_sse

from astrolabe.domain.access import BoundScope
from astrolabe.domain.problem import Problem
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from tests.api.house import House, bearer, problem
from tests.api.test_gate import RELEASES, know
from tests.api.test_server import Running, running

__all__ = ["running"]


async def fleet(house: House, **asked: Any) -> dict[str, Any]:
    """Ask for the fleet, up with the log."""
    await house.show()
    answer = await house.client.get("/fleet", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(page: dict[str, Any]) -> list[str]:
    """The names on a page, in order."""
    return [each["instance"]["name"] for each in page["items"]]


async def refused(house: House, name: str) -> None:
    """Let preflight refuse an upgrade of an instance."""
    instance_id = await house.register(name=name)
    upgrade_id = await house.request(name)
    await house.tell(instance_id, upgrade_id, e.StepStarted(upgrade_id, 1, "preflight", "local:1", 1))
    full = Problem("disk-full", "There is no space.")
    await house.tell(instance_id, upgrade_id, e.UpgradeRefused(upgrade_id, full, datetime.now(UTC)))


async def test_what_needs_a_person_comes_first(house: House) -> None:
    """What failed by itself, then what runs another version than the log says, then all that is well."""
    await house.register(name="alpha")
    drifted = await house.register(name="beta")
    await house.report(drifted, e.InstanceObserved("5.7.0", "process 7 runs 5.7.0", datetime.now(UTC)))
    await refused(house, "gamma")
    page = await fleet(house)
    assert [(each["instance"]["name"], each["need"]) for each in page["items"]] == [
        ("gamma", "failed"),
        ("beta", "drift"),
        ("alpha", None),
    ]
    assert page["counts"] == {"all": 3, "needs": 2, "updates": 0, "upgrading": 0}
    last = page["items"][0]["last"]
    assert (last["status"], last["problem_detail"], last["actor"]) == ("refused", "There is no space.", "adminer")
    assert page["items"][2]["last"] is None
    assert names(await fleet(house, group="needs")) == ["gamma", "beta"]


async def test_what_somebody_cancelled_needs_nobody(house: House) -> None:
    """An end that a person wanted is no failure."""
    await house.register()
    upgrade_id = await house.request()
    page = await fleet(house, group="upgrading")
    assert (names(page), page["items"][0]["instance"]["upgrade_id"]) == (["flags"], upgrade_id)
    await house.client.post(f"/upgrades/{upgrade_id}/cancel", json={"reason": "enough"})
    assert (await fleet(house))["counts"] == {"all": 1, "needs": 0, "updates": 0, "upgrading": 0}


async def test_what_is_newer_is_known_with_its_notes(house: House) -> None:
    """The newest release that the product's file describes, and the breaking ones on the way there."""
    await house.register()
    await house.register(name="ahead", version=RELEASES[-1].version)
    know(house, release=RELEASES)
    page = await fleet(house, group="updates")
    assert (names(page), page["counts"]["updates"]) == (["flags"], 1)
    (item,) = page["items"]
    ahead = item["ahead"]
    assert (item["title"], ahead["many"], ahead["breaking"]) == ("Unleash", 3, ["6.0.0"])
    assert (ahead["newest"]["version"], ahead["newest"]["notes"]) == ("6.10.1", "Fixes.")


async def test_what_another_instance_runs_is_known_too(house: House) -> None:
    """Without notes; also where a search does not find that instance, and a prerelease only by those who run one."""
    await house.register()
    await house.register(name="ahead", version="6.0.0")
    await house.register(name="daring", version="6.1.0-beta.1")
    page = await fleet(house, search="flags", group="updates")
    (item,) = page["items"]
    assert (item["ahead"]["many"], item["ahead"]["newest"]["version"]) == (1, "6.0.0")
    assert page["counts"] == {"all": 1, "needs": 0, "updates": 1, "upgrading": 0}


async def test_the_fleet_is_found_by_a_word_and_read_in_pages(house: House) -> None:
    """A word is looked for as it was typed, in name, product and host; pages follow each other without a gap."""
    for name in ("shop-a", "shop-b", "shop-c", "blog"):
        await house.register(name=name)
    assert names(await fleet(house, search="SHOP", order="name")) == ["shop-a", "shop-b", "shop-c"]
    assert names(await fleet(house, search="%")) == []
    assert (await fleet(house, search="shop", group="needs"))["counts"]["all"] == 3
    page = await fleet(house, limit=3, order="name")
    rest = (await house.client.get(page["next"])).json()
    assert names(page) + names(rest) == ["blog", "shop-a", "shop-b", "shop-c"]
    assert rest["next"] is None
    await house.client.post("/instances/blog/retire", json={"reason": "closed"})
    assert "blog" not in names(await fleet(house))
    assert problem(await house.client.get("/fleet", params={"group": "none"})) == "parameter-invalid"


async def test_counts_are_kept_until_lists_have_changed(house: House) -> None:
    """Whoever looks again and again costs no counting; with the next event all is counted anew."""
    await house.register()
    assert (await fleet(house))["counts"]["all"] == 1
    await house.superuser.execute("DELETE FROM astrolabe.view_instance")
    assert (await fleet(house))["counts"]["all"] == 1
    for name in ("shop", "blog"):
        await house.register(name=name)
    assert (await fleet(house))["counts"]["all"] == 2


async def test_a_team_sees_its_own_fleet_and_hears_of_its_own_changes(house: House) -> None:
    """Neither counts nor what is newer nor the cursor says anything of what others have and do."""
    await house.register(labels={"team": "flags"})
    bound = (BoundScope("read", {"team": "flags"}),)
    team = bearer((await house.resources.tokens.issue("team", (), Cause("t", "t", "t"), bound=bound)).secret)
    await house.show()
    before = [(await house.anyone.get(path, headers=team)).json() for path in ("/fleet", "/changes")]
    assert (names(before[0]), before[0]["counts"]["all"]) == (["flags"], 1)
    await house.register(name="other", version="7.0.0")
    await house.request("other", "7.1.0")
    await house.show()
    assert [(await house.anyone.get(path, headers=team)).json() for path in ("/fleet", "/changes")] == before
    await house.request("flags")
    await house.show()
    assert (await house.anyone.get("/changes", headers=team)).json() != before[1]


async def test_whoever_listens_hears_when_lists_have_changed(running: Running) -> None:
    """Once at first, and then with each change that lists show, until the token ends."""
    house = running.house
    made = (await house.client.post("/tokens", json={"name": "page", "scopes": ["read"]})).json()
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {made['secret']}"}
    async with asyncio.timeout(30), aconnect_sse(house.anyone, "GET", "/changes", headers=headers) as source:
        coming = source.aiter_sse()
        first = await anext(coming)
        await house.register()
        await house.show()
        while (heard := json.loads((await anext(coming)).data)["cursor"]) <= json.loads(first.data)["cursor"]:
            pass
        assert (await house.client.get("/changes")).json() == {"cursor": heard}
        await house.client.post(f"/tokens/{made['id']}/revoke")
        assert [each async for each in coming if each.event != "changed"] == []
