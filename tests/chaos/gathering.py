"""Gathering: looks at everything that is left of a run, past Astrolabe's own eyes where that can be."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from astrolabe.domain.upgrades.events import UpgradeRequested
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.instances import InstanceRecorded, Instances
from tests.chaos import owner
from tests.chaos.evidence import Evidence, Gateways, LogCheck, Rows, Stream
from tests.chaos.history import History
from tests.chaos.record import names
from tests.chaos.scenario import Scenario
from tests.chaos.site import Site
from tests.chaos.stage import Stage

LAST_WRITE: Final = "last"
MIGRATED: Final = re.compile(r"^migrated (\S+)$", re.MULTILINE)
LISTENS: Final = re.compile(r"^\S+ \S+ listens on ", re.MULTILINE)
MIGRATING: Final = "new"
"""How the start of a new version is marked that may migrate; a later one may begin again."""

ITEMS: Final = "SELECT lower(name), count(*) FROM items GROUP BY 1"
MIGRATIONS: Final = "SELECT name FROM standin_migrations"
# The slow release copies every item into its archive once a step.
REPEATED: Final = """
SELECT count(*) FROM (SELECT FROM archive GROUP BY step, item HAVING count(*) > 1) AS twice
"""


async def gather(stage: Stage, scenario: Scenario, log: LogCheck, *, twin: History | None, stuck: str) -> Evidence:
    """Gather everything of a run; writers have stopped."""
    site = stage.site
    gateways = await gateways_of(site)
    databases = await site.databases()
    others = {name for name in databases if name != site.database}
    async with Database(stage.house.log.postgres.url(), pool_size=2) as database:
        stream = await _stream(Log(database), stage.history)
        other = await _stream(Log(database), twin) if twin else None
    return Evidence(
        scenario,
        {each: tuple(names(site.folder / each)) for each in (*scenario.writers, LAST_WRITE)},
        stream,
        await rows_of(site, site.database) if databases.get(site.database) else None,
        {name: await rows_of(site, name) for name in sorted(others) if databases[name]},
        frozenset(others),
        frozenset(map(str, (stage.house.data.folder / "backups" / stage.history.instance_id).glob("*"))),
        gateways,
        log,
        other,
        await _viewed(stage),
        tuple(_repeated_starts(_instance(stage) / "logs", stream.stored)),
        stuck,
        tuple(stage.notes),
    )


def _instance(stage: Stage) -> Path:
    return stage.house.data.folder / "instances" / stage.history.instance_id


async def _stream(log: Log, history: History) -> Stream:
    loaded = await Instances(log).load(history.instance_id)
    return Stream(loaded.state, loaded.history, tuple(history.seen))


async def rows_of(site: Site, database: str) -> Rows:
    """Look into a database of the instance."""
    tables = {str(row[0]) for row in await site.rows("SELECT tablename FROM pg_tables", database)}
    if "items" not in tables:
        return Rows({}, frozenset())
    repeated = (await site.rows(REPEATED, database))[0][0] if "archive" in tables else 0
    return Rows(
        {str(name): int(count) for name, count in await site.rows(ITEMS, database)},
        frozenset(str(row[0]) for row in await site.rows(MIGRATIONS, database)),
        int(repeated),
    )


async def gateways_of(site: Site) -> Gateways:
    """See who serves, and write once more: what takes no writes serves nobody."""
    pids = tuple(each.pid for each in owner.gateways(site.database))
    try:
        async with httpx.AsyncClient(base_url=site.url, trust_env=False, timeout=5) as http:
            health = await http.get("/health")
            written = await http.post("/items", json={"name": LAST_WRITE})
            if written.is_success:
                (site.folder / LAST_WRITE).write_text(f"{LAST_WRITE}\n")
            return Gateways(pids, str(health.json().get("version")), written.is_success)
    except (httpx.HTTPError, ValueError):
        return Gateways(pids, None, False)


async def _viewed(stage: Stage) -> str:
    answer = await stage.house.person.read(f"/upgrades?instance={stage.site.config.name}")
    items: Sequence[Mapping[str, Any]] = answer.json().get("items", ())
    return str(items[0]["status"]) if items else ""


def _repeated_starts(folder: Path, stored: Sequence[InstanceRecorded]) -> Iterator[str]:
    """Read what each start of a new version printed: it begins once, and a migration runs once in an attempt."""
    migrated: dict[str, Counter[str]] = {}
    for upgrade in {each.event.upgrade_id for each in stored if isinstance(each.event, UpgradeRequested)}:
        for path in folder.glob(f"{upgrade}-*"):
            attempt, _, which = path.stem.rpartition("-")
            said = path.read_text(errors="replace")
            if which.startswith(MIGRATING) and (begun := len(LISTENS.findall(said))) > 1:
                yield f"{path.name} tells of {begun} starts"
            migrated.setdefault(attempt, Counter()).update(MIGRATED.findall(said))
    for attempt, count in migrated.items():
        if twice := sorted(name for name, times in count.items() if times > 1):
            yield f"attempt {attempt} ran {', '.join(twice)} more than once"
