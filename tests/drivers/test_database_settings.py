"""What an owner set on a role or a database stays, and does not end what Astrolabe does with it."""

import pytest

from tests.databases import run
from tests.drivers.outcomes import rolled_back, succeeded
from tests.world import World

COMMENT = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"


@pytest.mark.kinds("npx")
async def test_limits_on_the_role_do_not_end_our_own_sessions(standin: World) -> None:
    """Time limits, and reading only, are meant for whoever else connects as the role; a copy takes its time."""
    role = f"ALTER ROLE {standin.database}"
    await run(
        standin.server,
        f"{role} IN DATABASE postgres SET statement_timeout = '1ms'",
        f"{role} IN DATABASE postgres SET lock_timeout = '1ms'",
        f"{role} IN DATABASE postgres SET transaction_timeout = '5s'",
        f"{role} IN DATABASE postgres SET default_transaction_read_only = on",
        f"{role} SET statement_timeout = '5s'",
        f"{role} IN DATABASE postgres SET idle_in_transaction_session_timeout = '1ms'",
    )
    await succeeded(standin)
    assert standin.driver.database
    async with standin.driver.database.connection() as ours:
        for name in ("statement_timeout", "transaction_timeout"):
            assert await ours.fetchval(f"SHOW {name}") == "0"
    owners = await standin.connects()
    assert await owners.fetchval("SHOW statement_timeout") == "5s"
    await owners.close()


async def test_a_comment_on_the_database_stays(standin: World) -> None:
    """It is on the copy that takes its place on the way back."""
    if not standin.serves:
        pytest.skip("a command line has no database")
    await run(standin.server, f"COMMENT ON DATABASE {standin.database} IS 'owned by team A''s'")
    await rolled_back(standin, "1.2.0", "migration-failed")
    assert await standin.rows(COMMENT) == [("owned by team A's",)]
