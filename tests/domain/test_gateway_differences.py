"""Differences between the gateway that runs and the one that would be started: settled by name, told by name alone."""

import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.surroundings import without_surroundings
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.upgrades.gateway_differences import GatewayDifferences, difference_checks
from tests.domain.samples import CONFIG

EVERYTHING = GatewayDifferences(
    variables=("A", "B"),
    filled=("URL (options)",),
    arguments="it was started with other arguments: 1, and would be with 0",
    folder="/srv",
    reads=(".env",),
    unreadable=True,
)


def test_each_difference_is_told_with_the_command_that_takes_it_over() -> None:
    """Names alone, and a command that can be typed as it stands."""
    environment, address = difference_checks(EVERYTHING, replace(CONFIG, accepted_differences=("A",)))
    assert not environment.ok
    assert "astrolabe reconfigure flags --keep B;" in environment.seen
    assert (
        "its product's file would say otherwise: URL (options): astrolabe reconfigure flags --database"
        in environment.seen
    )
    assert "it may read .env: astrolabe reconfigure flags --folder /srv" in environment.seen
    assert address == Check("address", True, "it listens on 127.0.0.1")


def test_what_its_owner_accepts_refuses_nothing() -> None:
    """Each by its name."""
    accepted = ("A", "B", "URL", "arguments", "folder", "environment")
    assert all(each.ok for each in difference_checks(EVERYTHING, replace(CONFIG, accepted_differences=accepted)))


def test_another_address_is_refused_whatever_else_is_accepted() -> None:
    """Who reached it there would not reach the new version."""
    found = GatewayDifferences(listens=("0.0.0.0",))  # noqa: S104  what an owner chose
    _, address = difference_checks(found, replace(CONFIG, accepted_differences=("environment",)))
    assert not address.ok
    assert address.seen.endswith("astrolabe reconfigure flags --address 0.0.0.0")


def test_an_unreadable_environment_is_no_equal_one() -> None:
    """What is not known is never taken for none."""
    assert not next(iter(difference_checks(GatewayDifferences(unreadable=True), CONFIG))).ok


@pytest.mark.parametrize("name", ["PATH", "LC_ALL", "npm_config_cache", "INVOCATION_ID", "SSH_TTY", "NODE_CHANNEL_FD"])
def test_a_login_or_a_supervisor_sets_no_gateway(name: str) -> None:
    """Their variables are no difference."""
    assert without_surroundings([name]) == []


@pytest.mark.parametrize("name", ["SECRET_KEY", "NODE_ENV", "NODE_OPTIONS", "TZ", "HOMEPAGE", "database__client"])
def test_a_gateways_own_variables_are_compared(name: str) -> None:
    """A name that only begins as another does is one of its own; small letters say nothing outside pm2."""
    assert without_surroundings([name]) == [name]


def test_what_pm2_adds_is_its_own() -> None:
    """It pours its list entry into variables of small letters; those of capitals are still the owner's."""
    assert without_surroundings(["pm_id", "exec_mode", "SECRET_KEY"]) == ["SECRET_KEY"]


def test_an_exception_from_no_proxy_says_nothing() -> None:
    """Beside a proxy it is one of the gateway's own."""
    assert without_surroundings(["NO_PROXY"]) == []
    assert without_surroundings(["NO_PROXY", "https_proxy"]) == ["NO_PROXY", "https_proxy"]
