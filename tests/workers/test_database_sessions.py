"""What a session on an instance's server meets ends the step with a problem, whichever way the driver puts it."""

from urllib.parse import urlsplit

import asyncpg
import pytest

from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.instances.instance import DatabaseConfig
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed


async def test_a_session_that_ends_beneath_a_query_ends_the_step(postgres_server: Postgres) -> None:
    """A query that meets the end of its session is an error of the driver's state, and a problem of the database."""
    where = urlsplit(postgres_server.url())
    config = DatabaseConfig("astrolabe", where.username or "", "127.0.0.1", where.port or 0)
    with pytest.raises(StepFailed) as failed:
        async with InstanceDatabase(config, where.password).connection():
            raise asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")
    assert failed.value.problem.code == "database-error"
