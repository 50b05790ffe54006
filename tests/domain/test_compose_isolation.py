"""Isolation of a compose project, judged and planned: who is on the private network, and what is in its way."""

from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from astrolabe.domain.kinds import compose, compose_isolation
from astrolabe.domain.kinds.compose_isolation import IsolationFacts
from astrolabe.domain.kinds.compose_members import Member, Members
from astrolabe.domain.kinds.docker import Place, connected, disconnected, private_network
from astrolabe.domain.products.product import Image, Product

PROJECT = ComposeProject("/srv/flags", "flags", also=("worker",), database_service="db")
ON_DEFAULT = {"networks": {"default": None}}
SERVICES = {
    "db": ON_DEFAULT,
    "gateway": {
        "networks": {"default": None, "front": {"aliases": ["flags"], "ipv4_address": "10.9.0.4"}},
        "depends_on": {"migrate": {}, "queue": {}, "worker": {}},
    },
    "migrate": {**ON_DEFAULT, "depends_on": {"db": {}}},
    "queue": {**ON_DEFAULT, "depends_on": {"disk": {}}},
    "disk": ON_DEFAULT,
    "worker": {**ON_DEFAULT, "depends_on": {"db": {}}},
    "proxy": {**ON_DEFAULT, "depends_on": {"gateway": {}}},
}


def test_what_the_gateway_depends_on_comes_along_and_nothing_else() -> None:
    """Also what that depends on; not the database, what is replaced with it, or what depends on the gateway."""
    assert set(compose_isolation.companions(PROJECT, SERVICES)) == {"migrate", "queue", "disk"}
    endless = {"gateway": {"depends_on": {"a": {}}}, "a": {"depends_on": {"b": {}}}, "b": {"depends_on": {"a": {}}}}
    assert compose_isolation.companions(PROJECT, endless) == ("a", "b")


def test_what_a_job_depends_on_comes_along_too() -> None:
    """It runs before cutover as the gateway does, even where only a worker waits for it; no member is among them."""
    members = Members((Member("seed", "job"),), (Member("worker", "worker"),))
    services = {**SERVICES, "seed": {**ON_DEFAULT, "depends_on": {"db": {}, "cache": {}}}, "cache": ON_DEFAULT}
    assert set(compose_isolation.companions(PROJECT, services, members)) == {"migrate", "queue", "disk", "cache"}


def test_a_way_around_the_private_network_is_found() -> None:
    """A service with a network mode or with none, and one that runs between others and the database."""
    running = {"db", "gateway", "queue", "disk"}
    assert list(compose_isolation.obstacles(PROJECT, SERVICES, running)) == []
    (through,) = compose_isolation.obstacles(PROJECT, SERVICES, {*running, "migrate"})
    assert "through the service migrate" in through
    host = {**SERVICES, "db": {"network_mode": "host"}, "gateway": {}}
    assert [*compose_isolation.obstacles(PROJECT, host, running)] == [
        "the service gateway is on no network",
        "the service db has network_mode host",
    ]


def test_the_gateway_joins_each_network_as_the_project_wants_it() -> None:
    """Under the service's name, its container's and its own aliases, at the address that was chosen."""
    config = {"services": SERVICES, "networks": {"default": {"name": "flags_default"}, "front": {"name": "edge"}}}
    default, front = compose_isolation.places(config, "gateway", "flags-gateway-1")
    assert default == Place("flags_default", ("flags-gateway-1", "gateway"))
    assert " ".join(connected("docker", front, "it")) == (
        "docker network connect --alias flags-gateway-1 --alias gateway --alias flags --ip 10.9.0.4 edge it"
    )


def test_the_plan_shows_what_keeps_others_out_and_lets_them_in() -> None:
    """Where others are let in at once, or the database is elsewhere, no network is touched and all start together."""
    config = InstanceConfig(
        "flags", "unleash", 4242, kind="compose", database=DatabaseConfig("unleash", "unleash"), compose=PROJECT
    )
    product = Product("unleash", "Unleash", image=Image("unleash/unleash"), kinds=("compose",))
    lines = [f"{each.step}: {' '.join(each.argv)}" for each in compose.plan(config, product, ("6.5.0", "6.10.1"))]
    networks = [line for line in lines if "network" in line]
    assert networks == [
        "migrate: docker network create --internal flags-gateway-astrolabe",
        "migrate: docker network disconnect flags_default flags-db-1",
        "migrate: docker network connect --alias db --alias flags-db-1 flags-gateway-astrolabe flags-db-1",
        "verify: docker network connect --alias flags-db-1 --alias db flags_default flags-db-1",
        "verify: docker network connect --alias flags-gateway-1 --alias gateway flags_default flags-gateway-1",
    ]
    assert lines.index(networks[2]) < lines.index("migrate: docker start flags-gateway-1") < lines.index(networks[3])
    assert lines[-1].endswith("--pull never worker")
    for other in (
        replace(config, cutover="at-once"),
        replace(config, compose=replace(PROJECT, database_service=None)),
    ):
        words = [" ".join(each.argv) for each in compose.plan(other, product, ("6.5.0", "6.10.1"))]
        assert not any("network" in line for line in words)
        assert words[-1].endswith("--pull never gateway worker")


def test_a_database_that_publishes_no_port_joins_the_private_network_while_the_old_version_serves() -> None:
    """Nothing could move to that network when the others are left, and so much less is to do while nobody is served."""
    facts = IsolationFacts(database_publishes=False)
    planned = compose_isolation.plan(PROJECT, "docker", "flags-gateway-1", facts)
    joins = ("docker", "network", "connect", "--alias", "db", "--alias", "flags-db-1", "flags-gateway-astrolabe")
    assert planned.before == (private_network("docker", "flags-gateway-astrolabe"), (*joins, "flags-db-1"))
    assert planned.stopped == (disconnected("docker", "flags_default", "flags-db-1"),)
