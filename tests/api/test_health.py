import asyncio
import re

from astrolabe.cli.servers.postgres import Postgres
from tests.api.house import FLAGS, House, problem
from tests.databases import run
from tests.domain import samples


async def test_a_process_with_its_database_is_alive_and_ready(house: House) -> None:
    """Both answers are 200 without a token."""
    for path in ("/healthz", "/readyz"):
        assert (await house.anyone.get(path)).json() == {"status": "ok"}


async def test_without_its_database_every_request_is_told_to_come_back(house: House, postgres_server: Postgres) -> None:
    """The process stays alive and is not ready; other requests are 503 with Retry-After; then all is well again."""
    await house.register()
    name = house.url.rpartition("/")[2]
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await run(postgres_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", end)
    try:
        assert (await house.anyone.get("/healthz")).status_code == 200
        ready = await house.anyone.get("/readyz")
        asked = await house.client.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})
        listed = await house.client.get("/instances")
    finally:
        await run(postgres_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    for answer in (ready, asked, listed):
        assert (answer.status_code, problem(answer)) == (503, "database-unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert (await house.anyone.get("/readyz")).status_code == 200
    assert await house.request()
    assert (await house.client.get("/instances")).status_code == 200


async def test_a_database_that_takes_no_writes_is_not_ready(house: House, postgres_server: Postgres) -> None:
    """Reading is not enough: while nothing can be recorded, readiness and every change say so."""
    name = house.url.rpartition("/")[2]
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await run(postgres_server, f"ALTER DATABASE {name} SET default_transaction_read_only TO on", end)
    try:
        await _until_served(house, "/instances")
        refused = [await house.anyone.get("/readyz"), await house.client.post("/instances", json=FLAGS)]
    finally:
        await run(postgres_server, f"ALTER DATABASE {name} RESET default_transaction_read_only", end)
    for answer in refused:
        assert (answer.status_code, problem(answer)) == (503, "database-unavailable")
    await _until_served(house, "/readyz")


async def _until_served(house: House, path: str) -> None:
    """Ask until it is answered: each session that was ended is noticed once."""
    async with asyncio.timeout(10):
        while (await house.client.get(path)).status_code != 200:
            await asyncio.sleep(0.05)


async def test_a_database_without_the_log_is_not_ready(house: House) -> None:
    """Where the migrations have not run, readiness says so."""
    await house.superuser.execute("ALTER SCHEMA astrolabe RENAME TO elsewhere")
    answer = await house.anyone.get("/readyz")
    await house.superuser.execute("ALTER SCHEMA elsewhere RENAME TO astrolabe")
    assert (answer.status_code, problem(answer)) == (503, "database-unavailable")
    assert "migrations" in answer.json()["detail"]


async def test_the_metrics_tell_of_requests_the_log_and_what_runs(house: House) -> None:
    """Requests are counted by route template and status; the log's end, its lag and the statuses are there."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    await house.show()
    await house.register(name="other")
    await house.client.get("/instances/flags")
    await house.client.get("/nothing/here")
    text = (await house.client.get("/metrics")).text
    route = 'astrolabe_http_requests_total{method="GET",route="/instances/{ref}",status="200"} 1.0'
    assert route in text
    assert 'astrolabe_http_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert 'astrolabe_http_request_seconds_count{method="POST",route="/upgrades"} 1.0' in text
    assert re.search(r"^astrolabe_log_position (\d+)\.0$", text, re.MULTILINE)
    assert "astrolabe_log_unsequenced 1.0" in text
    assert 'astrolabe_subscriber_lag{subscriber="views"} 0.0' in text
    assert 'astrolabe_instances{status="idle"} 1.0' in text
    assert 'astrolabe_upgrades{status="succeeded"} 1.0' in text


async def test_the_catalogue_is_shown(house: House) -> None:
    """The built-in products are listed, and each is shown as its file describes it."""
    names = [each["name"] for each in (await house.client.get("/products")).json()["items"]]
    assert {"astra", "unleash"} <= set(names)
    assert (await house.client.get("/products/unleash")).json()["npm"]["package"] == "unleash-server"
    assert problem(await house.client.get("/products/nothing")) == "not-found"
