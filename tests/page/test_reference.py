"""The reference, looked at with a real browser."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.api.test_server import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def openapi(running: Running) -> dict[str, Any]:
    """The document that the reference is made of."""
    return (await running.house.anyone.get("/schema/openapi.json")).json()


async def test_every_operation_and_every_schema_is_in_the_reference(page: Page, running: Running) -> None:
    """Without a token, each once, and with each of its fields and parameters."""
    document = await openapi(running)
    await page.goto(f"http://127.0.0.1:{running.server.port}/reference")
    await expect(page.get_by_role("heading", name="API reference")).to_be_visible()
    operations = {f"{method} {path}" for path, item in document["paths"].items() for method in item}
    shown = await page.locator("[data-operation]").evaluate_all("all => all.map(each => each.dataset.operation)")
    assert sorted(shown) == sorted(operations)
    schemas = document["components"]["schemas"]
    counts = (
        "all => Object.fromEntries(all.map(each => [each.dataset.schema, each.querySelectorAll('tbody tr').length]))"
    )
    rows = await page.locator("[data-schema]").evaluate_all(counts)
    assert rows == {name: len(each["properties"]) for name, each in schemas.items()}


async def test_an_operation_leads_to_what_it_takes_and_gives(page: Page, running: Running) -> None:
    """From a route by its body to the field that a caller wonders about."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/reference#register_instance")
    route = page.locator("details#register_instance")
    await expect(route.get_by_text("Needs a token with the scope configure.")).to_be_visible()
    await expect(route.get_by_role("link", name="instance-name-taken")).to_be_visible()
    await expect(route.get_by_text("curl -X POST")).to_be_visible()
    await route.get_by_role("link", name="Registration").click()
    schema = page.locator("details#schema-Registration")
    await expect(schema.get_by_text("How long a start may show no progress")).to_be_visible()


async def test_an_event_is_found_by_its_type(page: Page, running: Running) -> None:
    """The filter leaves what has the word in it."""
    await page.goto(f"http://127.0.0.1:{running.server.port}/reference")
    await page.get_by_label("Filter").fill("rollback_refused")
    await expect(page.locator("details:visible")).to_have_count(1)
    await page.locator("summary:visible").click()
    await expect(page.get_by_text("The writes that would stay behind.")).to_be_visible()


async def test_what_was_typed_before_the_document_came_filters_it_too(page: Page, running: Running) -> None:
    """On a slow line the filter is there before what it filters."""
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await page.route("**/schema/openapi.json", late)
    await page.goto(f"http://127.0.0.1:{running.server.port}/reference", wait_until="commit")
    await page.get_by_label("Filter").fill("rollback_refused")
    typed.set()
    await expect(page.locator("details:visible")).to_have_count(1)
