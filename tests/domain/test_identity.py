"""Two instances that act on the same thing are known by it, however it is spelt."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.identity import acted_on
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig

FLAGS = InstanceConfig("flags", "unleash", 4242, database=DatabaseConfig("unleash", "app"))
SHOP = ComposeProject("/srv/shop", "shop", database_service="db")


def _at(host: str) -> InstanceConfig:
    return replace(FLAGS, name="other", port=4243, database=DatabaseConfig("unleash", "another", host))


@pytest.mark.parametrize("host", ["localhost", "::1", "/var/run/postgresql"])
def test_a_database_is_the_same_by_every_name_of_the_loopback(host: str) -> None:
    """Whoever it is reached as, and by whatever address: the server of this host, its port and the name."""
    assert set(acted_on(FLAGS)) & set(acted_on(_at(host))) == {"database local 5432 unleash"}


def test_another_host_has_a_port_and_a_loopback_of_its_own() -> None:
    """What is called 127.0.0.1 elsewhere is something else."""
    assert not set(acted_on(FLAGS)) & set(acted_on(replace(FLAGS, host="web-2")))


def test_a_server_that_both_hosts_reach_is_one() -> None:
    """A database on a server with a name is the same from wherever it is used."""
    one, other = _at("db.example"), replace(_at("db.example"), host="web-2", port=99)
    assert set(acted_on(one)) & set(acted_on(other)) == {"database db.example 5432 unleash"}


def test_a_service_of_a_project_is_one_on_its_engine() -> None:
    """Its database is the project's own, whatever port it is published on."""
    shop = replace(FLAGS, kind="compose", compose=SHOP)
    assert acted_on(shop) == ("database local shop db unleash", "port local 4242", "service local shop gateway")


def test_a_command_line_is_its_prefix() -> None:
    """What npm installs globally has neither port nor database."""
    assert acted_on(InstanceConfig("lint", "commitlint", kind="cli")) == ("prefix local of the user commitlint",)
