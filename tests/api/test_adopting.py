from typing import Any

from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades import events as e
from tests.api.house import FLAGS, House, problem
from tests.domain.samples import AT

UNNAMED = {key: value for key, value in FLAGS.items() if key != "version"}
ELSEWHERE = {"name": "other", "port": 4300, "database": FLAGS["database"] | {"name": "other"}}
PROBLEM = Problem("not-running", "There is nothing to adopt.", ("nothing serves on port 4242",), "Start it.")
COMMAND_LINE = {"name": "shell", "product": "astra-cli", "kind": "cli", "prefix": "/opt/astra"}


async def shown(house: House) -> dict[str, Any]:
    """Show the instance."""
    return (await house.client.get("/instances/flags")).json()


async def test_without_a_version_an_instance_is_adopted_by_a_worker(house: House) -> None:
    """Until a worker has looked there is no version and no upgrade; what it saw is then shown, and so is drift."""
    answer = await house.client.post("/instances", json=UNNAMED)
    assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (201, "adopting", None)
    instance_id = answer.json()["id"]
    asked = await house.client.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})
    assert (asked.status_code, problem(asked)) == (409, "instance-adopting")
    await house.report(instance_id, e.InstanceAdopted(1, "npx", "5.6.0", "Unleash 5.6.0 serves on port 4242", AT))
    body = await shown(house)
    assert (body["status"], body["version"], body["observed"]["in_sync"]) == ("idle", "5.6.0", True)
    await house.report(instance_id, e.InstanceObserved("5.7.0", "Unleash 5.7.0 serves on port 4242", AT))
    body = await shown(house)
    assert (body["version"], body["observed"]["version"], body["observed"]["in_sync"]) == ("5.6.0", "5.7.0", False)
    await house.show()
    (row,) = (await house.client.get("/instances")).json()["items"]
    assert (row["version"], row["in_sync"]) == ("5.6.0", False)
    taken = await house.client.post(body["links"]["adopt"], json={"reason": "upgraded by hand"})
    assert (taken.status_code, taken.json()["version"], taken.json()["observed"]["in_sync"]) == (202, "5.7.0", True)
    assert "adopt" not in taken.json()["links"]


async def test_an_instance_that_cannot_be_looked_at_is_not_like_one_that_is_well(house: House) -> None:
    """The instance says why and since when, lists have it among what needs repair, and so does the fleet."""
    instance_id = await house.register()
    await house.register(name="well")
    assert (await shown(house))["unobserved"] is None
    await house.report(instance_id, e.ObservationFailed("npm is not installed", AT, AT))
    since = AT.isoformat().replace("+00:00", "Z")
    assert (await shown(house))["unobserved"] == {"why": "npm is not installed", "since": since}
    await house.show()
    (row,) = (await house.client.get("/instances", params={"needs": "repair"})).json()["items"]
    assert (row["name"], row["unobserved_since"]) == ("flags", since)
    first, second = (await house.client.get("/fleet")).json()["items"]
    assert (first["instance"]["name"], first["need"], second["need"]) == ("flags", "unobserved", None)
    await house.report(instance_id, e.InstanceObserved("5.6.0", "Unleash 5.6.0 serves on port 4242", AT))
    assert (await shown(house))["unobserved"] is None


async def test_what_could_not_be_adopted_is_told_and_looked_at_again(house: House) -> None:
    """The instance says why and where to ask for another look, which makes sense only there."""
    instance_id = await house.register()
    again = await house.client.post("/instances/flags/adopt")
    assert (again.status_code, problem(again)) == (409, "nothing-to-adopt")
    answer = await house.client.post("/instances", json=UNNAMED | ELSEWHERE)
    instance_id = answer.json()["id"]
    await house.report(instance_id, e.AdoptionRefused(1, PROBLEM, AT))
    body = (await house.client.get("/instances/other")).json()
    assert (body["status"], body["unadopted"]["detail"]) == ("unadopted", PROBLEM.detail)
    asked = await house.client.post("/upgrades", json={"instance": "other", "target": "6.10.1"})
    assert (asked.status_code, problem(asked), "Start it." in asked.json()["detail"]) == (
        409,
        "instance-unadopted",
        True,
    )
    again = await house.client.post(body["links"]["adopt"], json={"reason": "started it"})
    assert (again.status_code, again.json()["status"], again.json()["unadopted"]) == (202, "adopting", None)
    point = await house.client.get("/instances/other/rollback-point")
    assert (point.status_code, problem(point)) == (404, "no-rollback-point")


async def test_a_command_line_is_planned_with_what_it_skips(house: House) -> None:
    """It has neither port nor database; the plan names its prefix, and says which steps have nothing to do."""
    answer = await house.client.post("/instances", json=COMMAND_LINE | {"version": "0.9.3"})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["port"], answer.json()["database"], answer.json()["prefix"]) == (None, None, "/opt/astra")
    ask = {"instance": "shell", "target": "0.9.4", "validate_only": True}
    plan = (await house.client.post("/upgrades", json=ask)).json()
    does = {each["step"]: each["does"] for each in plan["steps"]}
    assert does["backup"] == "skipped: a command line has no database"
    argv = {each["step"]: each["argv"] for each in plan["commands"]}
    assert argv["migrate"][:5] == ["npm", "install", "--global", "--prefix", "/opt/astra"]
    assert argv["verify"] == ["/opt/astra/bin/astra", "--version"]
