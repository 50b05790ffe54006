import httpx
import pytest
from msgspec.structs import replace

from tests.api.house import FLAGS, House, problem
from tests.domain import samples


async def test_registering_answers_with_the_instance_and_where_it_is(house: House) -> None:
    """A registered instance is idle, at its version, and found at its Location by the ETag it was given with."""
    answer = await house.client.post("/instances", json=FLAGS | {"reason": "the shop's flags"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["name"], body["version"], body["status"], body["upgrade_id"]) == ("flags", "5.6.0", "idle", None)
    assert (answer.headers["location"], answer.headers["etag"]) == (f"/instances/{body['id']}", '"1"')
    again = await house.client.get(answer.headers["location"])
    assert (again.json(), again.headers["etag"]) == (body, '"1"')


async def test_an_instance_is_found_by_its_name_at_once(house: House) -> None:
    """The name leads to the instance although no view has been brought up with the log."""
    instance_id = await house.register()
    assert (await house.client.get("/instances/flags")).json()["id"] == instance_id


async def test_a_name_is_given_once_for_ever(house: House) -> None:
    """A name stays taken even when its instance is retired, and the problem says by whom."""
    instance_id = await house.register()
    await house.client.post(f"/instances/{instance_id}/retire")
    answer = await house.client.post("/instances", json=FLAGS)
    assert (answer.status_code, problem(answer)) == (409, "instance-name-taken")
    assert answer.json()["existing"] == f"/instances/{instance_id}"


async def test_the_list_is_read_page_by_page(house: House) -> None:
    """Following `next` shows every instance once, in order of registration."""
    for name in ("one", "two", "three"):
        await house.register(name=name)
    await house.show()
    link: str | None = "/instances?limit=2"
    pages: list[list[str]] = []
    while link:
        page = (await house.client.get(link)).json()
        pages.append([item["name"] for item in page["items"]])
        link = page["next"]
    assert pages == [["one", "two"], ["three"]]


FILTERS = {
    "": ["flags", "shop", "tool"],
    "status=idle": ["flags", "tool"],
    "status=awaiting_approval": ["shop"],
    "product=unleash": ["flags", "shop"],
    "product=nothing": [],
    "host=attic": ["tool"],
    "host=attic&product=unleash": [],
    "needs=approval": ["shop"],
    "needs=repair": ["flags"],
    "needs=repair&host=attic": [],
}


async def test_a_list_has_what_is_asked_for(house: House) -> None:
    """Filters are taken together, on the first page and on those after it."""
    ids = {"flags": await house.register()}
    ids["shop"] = await house.register(name="shop", port=4243, approvals={"when": "always"})
    tool = {"name": "tool", "product": "astra-cli", "kind": "cli", "version": "1.0.0", "host": "attic"}
    (await house.client.post("/instances", json=tool)).raise_for_status()
    asked = await house.client.post("/upgrades", json={"instance": "shop", "target": "6.10.1"})
    upgrade_id = asked.raise_for_status().json()["id"]
    await house.report(ids["shop"], replace(samples.planned, upgrade_id=upgrade_id))
    await house.report(ids["flags"], samples.observed)
    await house.show()
    for query, names in FILTERS.items():
        found, link = [], f"/instances?limit=1&{query}"
        while link:
            page = (await house.client.get(link)).raise_for_status().json()
            found += [each["name"] for each in page["items"]]
            link = page["next"]
        assert found == names, query
    for query, many in {
        "status=awaiting_approval&product=unleash&host=local": 1,
        "needs=approval": 1,
        "needs=repair": 0,
        "host=attic": 0,
        "product=unleash": 1,
        "instance=flags": 0,
    }.items():
        assert len((await house.client.get(f"/upgrades?{query}")).json()["items"]) == many, query


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("/instances?stauts=idle", "status"),
        ("/upgrades?instnace=flags", "instance"),
        ("/instances/flags?limit=1", "at"),
        ("/products?name=unleash", "none"),
        ("/audit/events?since=2026-01-01T00:00:00Z", "from"),
    ],
)
async def test_a_parameter_that_nobody_knows_is_refused(path: str, takes: str, house: House) -> None:
    """A filter that is mistyped would show everything; what can be asked instead is named."""
    await house.register()
    answer = await house.client.get(path)
    assert (answer.status_code, problem(answer)) == (400, "parameter-invalid")
    assert takes in answer.json()["detail"].partition(";")[2]


async def test_a_value_that_is_none_is_refused(house: House) -> None:
    """An empty list would say that nothing waits."""
    for query in ("status=running", "needs=love"):
        answer = await house.client.get(f"/instances?{query}")
        assert (answer.status_code, problem(answer)) == (400, "parameter-invalid"), query


async def test_reconfiguring_changes_how_an_instance_is_reached(house: House) -> None:
    """A PUT with the right ETag is recorded with its reason; the same again changes nothing."""
    await house.register()
    body = {key: value for key, value in FLAGS.items() if key != "version"} | {"port": 4300, "reason": "moved"}
    answer = await house.client.put("/instances/flags", json=body, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["port"], answer.headers["etag"]) == (200, 4300, '"2"')
    again = await house.client.put("/instances/flags", json=body, headers={"If-Match": '"2"'})
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    history = (await house.client.get("/instances/flags/history")).json()["items"]
    assert [(each["type"], each["reason"]) for each in history][1:] == [("instance_reconfigured", "moved")]


@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("POST", "/retire")])
async def test_a_stale_etag_changes_nothing(house: House, method: str, path: str) -> None:
    """With the ETag of an earlier version the answer is 412, and names the version that is current."""
    await house.register()
    body = {key: value for key, value in FLAGS.items() if key != "version"} | {"port": 4300}
    await house.client.put("/instances/flags", json=body)
    content = body | {"port": 4301} if method == "PUT" else {}
    answer = await house.client.request(method, f"/instances/flags{path}", json=content, headers={"If-Match": '"1"'})
    assert (answer.status_code, problem(answer)) == (412, "version-mismatch")
    assert (answer.json()["version"], answer.headers["etag"]) == (2, '"2"')
    assert (await house.client.get("/instances/flags")).json()["port"] == 4300


async def test_the_name_of_an_instance_cannot_be_changed(house: House) -> None:
    """A PUT with another name is refused, for a name is fixed at registration."""
    await house.register()
    body = {key: value for key, value in FLAGS.items() if key != "version"} | {"name": "other"}
    assert problem(await house.client.put("/instances/flags", json=body)) == "fixed-at-registration"


async def test_a_retired_instance_is_asked_nothing_more(house: House) -> None:
    """After retiring, an upgrade is refused and the instance can still be looked at."""
    await house.register()
    answer = await house.client.post("/instances/flags/retire", json={"reason": "the shop closed"})
    assert (answer.status_code, answer.json()["status"], answer.headers["etag"]) == (200, "retired", '"2"')
    refused = await house.client.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})
    assert problem(refused) == "instance-retired"
    assert (await house.client.get("/instances/flags")).json()["status"] == "retired"


async def test_the_stream_of_tokens_is_no_instance(house: House) -> None:
    """The id of the tokens' stream leads nowhere, in a path and in a body."""
    stream = "00000000-0000-7000-8000-000000000001"
    answers: list[httpx.Response] = [
        await house.client.get(f"/instances/{stream}"),
        await house.client.get(f"/instances/{stream}/history"),
        await house.client.post("/upgrades", json={"instance": stream, "target": "6.10.1"}),
    ]
    assert [problem(answer) for answer in answers] == ["instance-unknown"] * 3
