"""An instance's address is its caller's word: a worker asks its own host, and elsewhere only what its owner allows."""

import dataclasses
from ipaddress import ip_network

import msgspec
import pytest

from astrolabe.domain.upgrades import events as e
from tests.drivers.outcomes import refused
from tests.drivers.test_gate import feed
from tests.world import World

DISGUISED = "::ffff:127.0.0.1"
"""It leads to what listens on the loopback, and is no address of this host's that anybody would name."""

ANSWER = {"status": "starting", "version": "1.1.0", "key": "the key of somebody else"}


@pytest.mark.kinds("npx")
async def test_what_listens_inside_is_not_asked_for_a_caller(standin: World) -> None:
    """The refusal names the setting; where that allows it, no word of the answer that nobody asked for is kept."""
    with feed(200, msgspec.json.encode(ANSWER)) as url:
        await standin.reconfigure(address=DISGUISED, port=int(url.rpartition(":")[2].partition("/")[0]))
        told = await refused(standin, "2.0.0", "address-forbidden")
        assert "ASTROLABE_WORKER_ALLOW" in told.problem.todo
        standin.host = dataclasses.replace(standin.host, allowed=(ip_network(DISGUISED),))
        await standin.upgrade("2.0.0")
    _, asked = [each.problem for each in await standin.told() if isinstance(each, e.UpgradeRefused)]
    assert any("/health: 200 status='starting'" in line for line in asked.seen)
    assert ANSWER["key"] not in str(await standin.told())
