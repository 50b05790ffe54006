"""What preflight looks at of the instance's database, and of the disks that its dump and its copies go to."""

import shutil

from astrolabe.domain.upgrades.database_findings import DatabaseFindings, DiskCapacity
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.database_obstacles import find_obstacles
from astrolabe.workers.instance.site import Site
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited


async def find_database(site: Site, database: InstanceDatabase, copies: int) -> DatabaseFindings:
    """Ask the server and look at the disks; an upgrade makes a dump and this many copies."""
    owned, may_create = await database.rights()
    size, migrations = await database.size(), site.product.migrations
    history = await database.history(migrations) if migrations else None
    return DatabaseFindings(
        name=database.name,
        owned=owned,
        may_create=may_create,
        unsettable=await database.properties_not_settable() if owned else None,
        maintained_from=database.maintained_from,
        server=await database.server_version() // 10_000,
        pg_dump=await _pg_dump_version(),
        disks=(
            _capacity_for_dump(site, size),
            _capacity_for_copies(await database.server_folder(), size * copies),
        ),
        migrations_table=migrations.table if migrations else None,
        history=None if history is None else tuple(history),
        obstacles=await find_obstacles(database),
    )


async def _pg_dump_version() -> int:
    said = (await shell.run([tools.postgres("pg_dump"), "--version"], env=inherited(), deadline=30)).stdout
    return tools.major_of(said)


def _capacity_for_dump(site: Site, size: int) -> DiskCapacity:
    folder = site.host.backups(site.instance_id)
    return DiskCapacity("dump", str(folder), size, shutil.disk_usage(folder).free)


def _capacity_for_copies(folder: str | None, size: int) -> DiskCapacity:
    try:
        free = shutil.disk_usage(folder).free if folder else None
    except OSError:  # the server's disk is another host's, or another user's
        free = None
    return DiskCapacity("copy", folder, size, free)
