"""The connection to PostgreSQL: URLs, and connections that end."""

import asyncpg
import pytest

from astrolabe.store.database import Database, parse_url
from astrolabe.store.errors import StoreError
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.views.queries import Views
from tests.store.stage import eventually


@pytest.mark.parametrize(
    "text", ["", "nonsense", "postgresql://h:x/db", "mysql://h/db", "sqlite:///x", "postgresql://h", "postgresql://"]
)
def test_what_is_no_database_is_refused_in_a_sentence(text):
    """A mistake in DATABASE_URL is said in one sentence that shows how to write one."""
    with pytest.raises(StoreError, match=r"DATABASE_URL .*postgresql://USER:PASSWORD@HOST:PORT/DATABASE\.$"):
        parse_url(text)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_understood(scheme):
    """Whatever tool the URL was written for, it reaches the same database."""
    assert (
        parse_url(f"{scheme}://u:p%40ss@h:5433/db?sslmode=require") == "postgresql://u:p%40ss@h:5433/db?sslmode=require"
    )


async def test_both_ways_into_the_database_understand_one_url(database_url):
    """What a managed database's URL says about TLS is meant for the hot path and for the lists alike."""
    async with Database(f"{database_url}?sslmode=prefer") as database:
        assert await Log(database).head(new_id()) == 0
        assert await Views(database).instances() == []
    with pytest.raises(ConnectionError):
        await Database(f"{database_url}?sslmode=require").__aenter__()


async def test_the_application_works_under_its_own_role(database):
    """Both ways in have the application's role, the log's schema and UTC."""
    query = "SELECT current_user::text, current_schema()::text, current_setting('timezone')"
    assert tuple(await database.pool.fetchrow(query)) == ("astrolabe_app", "astrolabe", "UTC")
    async with database.transaction() as connection:
        found = (await connection.exec_driver_sql(query)).one()
    assert tuple(found) == ("astrolabe_app", "astrolabe", "UTC")


async def test_a_closed_database_says_so():
    """Nothing is done before the database is opened."""
    with pytest.raises(StoreError, match="not open"):
        Database("postgresql://h/db").pool  # noqa: B018  reading it is the point
    with pytest.raises(StoreError, match="not open"):
        async with Database("postgresql://h/db").transaction():
            pytest.fail("it is not open")


async def test_a_connection_that_the_server_ended_is_met_with_another(database, superuser):
    """After the server has ended every session the next calls fail as a lost connection at most, then go on."""
    log = Log(database)
    for _ in range(5):
        assert await log.head(new_id()) == 0
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

        async def answers():
            try:
                return await log.head(new_id()) == 0
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False

        await eventually(answers)
