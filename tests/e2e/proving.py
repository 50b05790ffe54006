"""Proving: what a session of tests sees of real products, kept for the page that lists them."""

from datetime import UTC, datetime

from astrolabe.workers.kinds.npm.node import node_for
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from bench.products import Proven, keep

PARTS = ("failure", "upgrade", "rollback")


class Proving:
    """How long nobody was served, of each product and each part of its trial."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, int]] = {}

    def note(self, name: str, part: str, downtime_ms: int) -> None:
        """Remember how long nobody was served in a part."""
        self._seen.setdefault(name, {})[part] = downtime_ms

    async def keep(self, name: str, old: str, new: str, sabotage: str, uncovered: str) -> None:
        """Keep what was seen of a product, once that is every part of it."""
        seen = self._seen.get(name, {})
        if set(seen) == set(PARTS):
            node = (await node_for(None)).version.removeprefix("v")
            said = await shell.run([tools.postgres("postgres"), "--version"], env=inherited(), deadline=30)
            on = f"Node.js {node}, PostgreSQL {said.stdout.split()[-1]}"
            day = f"{datetime.now(UTC):%Y-%m-%d}"
            times = seen["failure"], seen["upgrade"], seen["rollback"]
            keep(Proven(name, old, new, times, on, day, sabotage, uncovered))
