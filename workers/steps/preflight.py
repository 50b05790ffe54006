"""Preflight: everything that can be known beforehand, known before anything is touched."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from domain import events as e
from domain.decide import check_target
from domain.drivers import npx as npx_argv
from domain.drivers import postgres as pg_argv
from domain.plan import Artifact, Check, Plan, PlannedCommand, same_way
from domain.problem import Refused
from domain.states import Approved, Requested
from workers import npm, shell, tools
from workers.environment import inherited
from workers.failure import StepFailed
from workers.instance_database import InstanceDatabase
from workers.probe import Probe
from workers.site import Site
from workers.work import Superseded, Work

HEADROOM = 1.1
"""How much more room than the database's size a copy of it may take."""


async def preflight(work: Work) -> None:
    """Resolve both artifacts, look at everything that the upgrade will need, and record the plan."""
    await work.begin("preflight")
    state = work.state
    if not isinstance(state, Requested | Approved):
        raise Superseded(type(state).__name__)
    site, driver = work.site(), work.driver()
    site.environment()  # what a start will need, secrets and all, must be had before anything stops
    await work.progress("preflight", f"asking the registry about {site.product.npm.package}@{state.run.target}")
    new, engines = await driver.resolve(state.run.target)
    _check_ahead(state.it.version, new.version)
    old = await _old(work, state.it.version)
    checks = [
        Check("artifact", True, f"{new.package}@{new.version} {new.integrity} from {new.registry}"),
        await _node(engines),
        *await _instance(work, site),
    ]
    if site.database:
        checks += await _database(site, site.database)
    bad = [check for check in checks if not check.ok]
    if bad:
        raise StepFailed(
            f"preflight-{bad[0].name}",
            f"Preflight found {len(bad)} reason{'s' if len(bad) > 1 else ''} not to begin: {bad[0].seen}",
            seen=[f"{check.name}: {check.seen}" for check in checks],
            todo=_TODO.get(bad[0].name, "Mend what was found, then retry."),
        )
    plan = Plan(old, new, tuple(checks), _commands(site, old, new))
    if isinstance(state, Approved):
        _check_same(plan, state.plan)
    await work.report(e.PreflightPassed(state.run.upgrade_id, plan, datetime.now(UTC)))


def _check_same(plan: Plan, approved: Plan) -> None:
    if not same_way(plan, approved):
        now, then = (f"{each.new.version} {each.new.integrity}" for each in (plan, approved))
        raise StepFailed(
            "plan-changed",
            f"The plan that was approved leads to {then}; by now it would lead to {now}.",
            todo="Find out what changed, then retry: the new plan needs an approval of its own.",
        )


_TODO = {
    "health": "Start the instance and see that it is healthy, then retry.",
    "process": "Register the port that the product listens on, started from an installed package, then retry.",
    "version": "Tell Astrolabe what really runs (register or roll back by hand), then retry.",
    "node": "Give this host a Node.js in that range (ASTROLABE_NODE_BIN), then retry.",
    "disk": "Free the space that is needed, then retry.",
    "tools": "Install PostgreSQL programs at least as new as the server (ASTROLABE_PG_BIN), then retry.",
    "settings": "Grant the instance's role what the database's own settings need, or reset those, then retry.",
    "rights": "Let the instance's role own its database and grant it CREATEDB, then retry.",
}


def _check_ahead(version: str, resolved: str) -> None:
    try:
        check_target(version, resolved)
    except Refused as refusal:
        raise StepFailed(refusal.code, refusal.detail) from None


async def _old(work: Work, version: str) -> Artifact:
    try:
        old, _ = await work.driver().resolve(version)
    except StepFailed as failure:
        if failure.problem.code != "version-unknown":
            raise
        raise StepFailed(
            "no-way-back",
            f"The running version {version} cannot be had from the registry again, so there would be no way back.",
            seen=failure.problem.seen,
        ) from None
    return old


async def _node(engines: str | None) -> Check:
    if engines is None:
        return Check("node", True, "the package asks for no particular Node.js")
    fits = await npm.node_satisfies(engines)
    version = (await shell.run([tools.node(), "--version"], env=inherited(), deadline=30)).stdout.strip()
    return Check("node", fits is not False, f"the package asks for Node.js {engines}; this host has {version}")


async def _instance(work: Work, site: Site) -> list[Check]:
    async with Probe.open(site.config, site.product) as probe:
        healthy, seen = await probe.health()
        answers = await probe.version()
    checks = [Check("health", healthy, seen)]
    running = work.driver().running()
    if running is None:
        checks.append(Check("process", False, f"nothing on this host listens on port {site.config.port}"))
        return checks
    known = running.version is not None
    is_it = "runs" if known else "does not run"
    seen = f"process {running.process.pid} {is_it} {site.product.npm.package}: {running.process.program}"
    checks.append(Check("process", known, seen))
    believed = work.busy.it.version
    for what, version in (("its tree says", running.version), ("it answers that it is", answers)):
        if version is not None:
            checks.append(Check("version", version == believed, f"{what} {version}; the log says {believed}"))
    return checks


async def _database(site: Site, database: InstanceDatabase) -> list[Check]:
    owned, may_create = await database.rights()
    size = await database.size()
    folder = site.host.backups(site.instance_id)
    undressable = await database.undressable() if owned else None
    return [
        Check("rights", owned and may_create, f"owns {database.name}: {owned}; may create databases: {may_create}"),
        Check("settings", undressable is None, f"a copy can be set as {database.name} is: {undressable or True}"),
        Check("maintenance", database.apart, "the maintenance database is another than the instance's own"),
        await _tools(database),
        _room("dump", folder, size),
        await _server_room(database, size),
        await _history(site, database),
    ]


async def _tools(database: InstanceDatabase) -> Check:
    server = await database.server_version() // 10_000
    said = (await shell.run([tools.postgres("pg_dump"), "--version"], env=inherited(), deadline=30)).stdout
    found = re.search(r"(\d+)(\.\d+)*", said)
    dump = int(found[1]) if found else 0
    return Check("tools", dump >= server, f"pg_dump {dump}, server {server}")


def _room(what: str, folder: Path, size: int) -> Check:
    free = shutil.disk_usage(folder).free
    needed = int(size * HEADROOM)
    return Check("disk", free >= needed, f"{what}: {needed:,} bytes needed in {folder}, {free:,} free")


async def _server_room(database: InstanceDatabase, size: int) -> Check:
    folder = await database.server_folder()
    try:
        return _room("copy", Path(folder), size) if folder else Check("disk", True, "copy: the server tells no folder")
    except OSError:
        return Check("disk", True, f"copy: {size:,} bytes needed; the server's disk cannot be seen from here")


async def _history(site: Site, database: InstanceDatabase) -> Check:
    if site.product.migrations is None:
        return Check("migrations", True, "the product keeps no migration history that Astrolabe knows of")
    history = await database.history(site.product.migrations)
    if history is None:
        return Check("migrations", False, f"there is no table {site.product.migrations.table} in {database.name}")
    return Check("migrations", True, f"{len(history)} applied, the last {history[-1] if history else 'none'}")


def _commands(site: Site, old: Artifact, new: Artifact) -> tuple[PlannedCommand, ...]:
    artifacts = site.host.artifacts()
    trees = {each: str(npm.shelf(artifacts, each)) for each in (old, new)}
    words = tools.npm()
    commands: list[PlannedCommand] = []
    if where := site.config.database:
        dump = str(site.host.backups(site.instance_id) / "UPGRADE.dump")
        commands.append(PlannedCommand("backup", pg_argv.dump(str(tools.postgres("pg_dump")), where, dump)))
    for each in (old, new):
        if not npm.has_tree(artifacts, each):
            install = npx_argv.install(words, site.product.npm, each.version, trees[each])
            commands.append(PlannedCommand("pull", install))
    start = npx_argv.start(str(tools.node()), site.product, trees[new], site.product.start.args)
    commands.append(PlannedCommand("migrate", start))
    if site.product.doctor:
        doctor = npx_argv.start(str(tools.node()), site.product, trees[new], site.product.doctor.args)
        commands.append(PlannedCommand("verify", doctor))
    return tuple(commands)
