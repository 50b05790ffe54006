"""Two instances that act on the same thing are known by it, however it is spelt."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.identity import acted_on, in_words
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
    lint = InstanceConfig("lint", "commitlint", kind="cli")
    assert acted_on(lint) == ("prefix local of the user commitlint",)
    assert acted_on(replace(lint, prefix="/opt/lint/")) == acted_on(replace(lint, prefix="/opt/lint"))


def test_a_server_is_the_same_however_its_name_is_written() -> None:
    """Names of hosts have no case, and may end with a dot."""
    assert set(acted_on(_at("db.example"))) & set(acted_on(_at("DB.Example."))) >= {"database db.example 5432 unleash"}


def test_a_person_is_told_what_it_is_in_words() -> None:
    """Every kind of line reads as a part of a sentence."""
    shop = replace(FLAGS, kind="compose", compose=SHOP)
    lint = InstanceConfig("lint", "commitlint", kind="cli")
    told = [in_words(line) for each in (FLAGS, shop, lint) for line in acted_on(each)]
    assert told == [
        "database unleash at local:5432",
        "port 4242 of host local",
        "database unleash of service db in project shop on local",
        "port 4242 of host local",
        "service gateway of project shop on local",
        "commitlint in the prefix of the user on host local",
    ]
