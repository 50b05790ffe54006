"""axe-core, which finds what keeps people out of a page."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.standin.npm import modules

AXE = "axe-core@4"
SERIOUS = {"serious", "critical"}
ASK = """async () => (await axe.run(document)).violations.map(
  ({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html + ' ' + node.failureSummary) }))"""


def axe_source(folder: Path) -> str:
    """The script, fetched from the machine's registry unless `folder` has it."""
    return (modules(folder, AXE, "axe-core") / "axe-core" / "axe.min.js").read_text("utf-8")


async def serious(page: Page, axe: str) -> list[dict[str, Any]]:
    """What keeps somebody out of what a tab shows now."""
    await page.evaluate(axe)
    found: list[dict[str, Any]] = await page.evaluate(ASK)
    return [each for each in found if each["impact"] in SERIOUS]
