"""What a plan of an npm product is made from, as this host knows it."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from astrolabe.domain.kinds.npm import NpmFacts
from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.plan import Artifact
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.programs import tools


async def npm_facts(
    artifacts: Path,
    versions: Sequence[Artifact],
    has: Callable[[Artifact], Awaitable[bool]],
    database: DatabaseFacts,
    prefix: str | None = None,
) -> NpmFacts:
    """Say what is known on this host of the programs and trees that an upgrade over some versions needs."""
    return NpmFacts(
        node=str(tools.node()),
        npm=tuple(tools.npm()),
        trees={each.version: str(npm.shelf(artifacts, each)) for each in versions},
        present=frozenset([each.version for each in versions if await has(each)]),
        prefix=prefix,
        database=database,
    )
