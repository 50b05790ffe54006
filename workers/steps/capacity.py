"""What an upgrade needs of the instance's database and of the disks, looked at before anything begins."""

import re
import shutil
from pathlib import Path

from astrolabe.domain.plans.plan import Check
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.site import Site
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

HEADROOM = 1.1
"""How much more room than the database's size a copy of it may take."""


async def database_checks(site: Site, database: InstanceDatabase, copies: int) -> list[Check]:
    """Check rights, settings, tools, migration history, and room for the dump and for a copy of every leg."""
    owned, may_create = await database.rights()
    size = await database.size()
    folder = site.host.backups(site.instance_id)
    properties_not_settable = await database.properties_not_settable() if owned else None
    return [
        Check("rights", owned and may_create, f"owns {database.name}: {owned}; may create databases: {may_create}"),
        Check(
            "settings",
            properties_not_settable is None,
            f"a copy can be set as {database.name} is: {properties_not_settable or True}",
        ),
        Check("maintenance", database.apart, "the maintenance database is another than the instance's own"),
        await _tools(database),
        _capacity("dump", folder, size),
        await _server_capacity(database, size * copies),
        await _history(site, database),
    ]


async def _tools(database: InstanceDatabase) -> Check:
    server = await database.server_version() // 10_000
    said = (await shell.run([tools.postgres("pg_dump"), "--version"], env=inherited(), deadline=30)).stdout
    found = re.search(r"(\d+)(\.\d+)*", said)
    dump = int(found[1]) if found else 0
    return Check("tools", dump >= server, f"pg_dump {dump}, server {server}")


def _capacity(what: str, folder: Path, size: int) -> Check:
    free = shutil.disk_usage(folder).free
    needed = int(size * HEADROOM)
    return Check("disk", free >= needed, f"{what}: {needed:,} bytes needed in {folder}, {free:,} free")


async def _server_capacity(database: InstanceDatabase, size: int) -> Check:
    folder = await database.server_folder()
    try:
        return (
            _capacity("copy", Path(folder), size) if folder else Check("disk", True, "copy: the server tells no folder")
        )
    except OSError:
        return Check("disk", True, f"copy: {size:,} bytes needed; the server's disk cannot be seen from here")


async def _history(site: Site, database: InstanceDatabase) -> Check:
    if site.product.migrations is None:
        return Check("migrations", True, "the product keeps no migration history that Astrolabe knows of")
    history = await database.history(site.product.migrations)
    if history is None:
        return Check("migrations", False, f"there is no table {site.product.migrations.table} in {database.name}")
    return Check("migrations", True, f"{len(history)} applied, the last {history[-1] if history else 'none'}")
