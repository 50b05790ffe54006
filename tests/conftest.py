"""Fixtures that every test may ask for."""

from collections.abc import Callable, Iterator
from signal import SIGKILL, Signals

import pytest
from hypothesis import HealthCheck, settings

from astrolabe.workers.programs import shell
from tests.databases import database_url, maintenance, template_database
from tests.servers import postgres_server, servers_folder, valkey_server
from tests.standin.fixtures import standin_modules, standin_registry

__all__ = [
    "database_url",
    "maintenance",
    "postgres_server",
    "servers_folder",
    "standin_modules",
    "standin_registry",
    "template_database",
    "valkey_server",
]

# How long an example takes is the machine's business: nothing here is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _commands_start_without_a_copy() -> Iterator[None]:
    """Let the commands of this very process not ask for a signal at its death.

    Python copies a process for a child that asks anything of the kernel: one as large as this takes 6 ms of computing,
    thousands of times. The servers that it starts ask as always, and so do all processes that the tests start and kill.
    """
    really = shell.dies_with_us

    def asks(death: Signals | None) -> Callable[[], None] | None:
        return None if death is SIGKILL else really(death)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shell, "dies_with_us", asks)
        yield
