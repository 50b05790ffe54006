"""Preflight: everything that can be known beforehand, known before anything is touched."""

from datetime import UTC, datetime

from domain import events as e
from domain.crossing import crossed, judged
from domain.decide import check_target
from domain.drivers import npx as npx_argv
from domain.drivers import postgres as pg_argv
from domain.gate import pass_gate
from domain.plan import Artifact, Check, Plan, PlannedCommand, same_way
from domain.problem import Refused
from domain.route import Route
from domain.states import Approved, Requested
from workers import npm, shell, tools
from workers.environment import inherited
from workers.failure import StepFailed
from workers.probe import Probe
from workers.releases import releases_of
from workers.site import Site
from workers.steps.room import database_checks
from workers.work import Superseded, Work


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
    route = await _route(work, new.version)
    stops = [await driver.resolve(version) for version in route.legs[:-1]]
    old = await _old(work, state.it.version)
    checks = [
        *(_identity(each) for each in (*(stop for stop, _ in stops), new)),
        *[await _node(each) for each in dict.fromkeys((*(wanted for _, wanted in stops), engines))],
        *await _instance(work, site),
    ]
    if site.database:
        checks += await database_checks(site, site.database, len(route.legs))
    bad = [check for check in checks if not check.ok]
    if bad:
        raise StepFailed(
            f"preflight-{bad[0].name}",
            f"Preflight found {len(bad)} reason{'s' if len(bad) > 1 else ''} not to begin: {bad[0].seen}",
            seen=[f"{check.name}: {check.seen}" for check in checks],
            todo=_TODO.get(bad[0].name, "Mend what was found, then retry."),
        )
    way = tuple(stop for stop, _ in stops)
    plan = Plan(
        old,
        new,
        tuple(checks),
        _commands(site, old, (*way, new)),
        route.breaking,
        way,
        crossed(route),
        judged(route),
    )
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
    "breaking-release": "Read those notes, then ask anew and name these releases in acknowledge_breaking.",
    "no-route": "Upgrade to what the notes ask for first.",
    "notes-missing": "Add the notes, then retry.",
    "health": "Start the instance and see that it is healthy, then retry.",
    "process": "Register the port that the product listens on, started from an installed package, then retry.",
    "version": "Tell Astrolabe what really runs (register or roll back by hand), then retry.",
    "node": "Give this host a Node.js in that range (ASTROLABE_NODE_BIN), then retry.",
    "disk": "Free the space that is needed, then retry.",
    "tools": "Install PostgreSQL programs at least as new as the server (ASTROLABE_PG_BIN), then retry.",
    "settings": "Grant the instance's role what the database's own settings need, or reset those, then retry.",
    "rights": "Let the instance's role own its database and grant it CREATEDB, then retry.",
}


async def _route(work: Work, resolved: str) -> Route:
    run, it, product = work.busy.run, work.busy.it, work.site().product
    try:
        check_target(it.version, resolved)
        return pass_gate(await releases_of(product), it.config, it.version, resolved, run.acknowledged)
    except Refused as refusal:
        todo = _TODO.get(refusal.code, "")
        raise StepFailed(refusal.code, refusal.detail, todo=todo) from None


def _identity(artifact: Artifact) -> Check:
    seen = f"{artifact.package}@{artifact.version} {artifact.integrity} from {artifact.registry}"
    return Check("artifact", True, seen)


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


def _commands(site: Site, old: Artifact, legs: tuple[Artifact, ...]) -> tuple[PlannedCommand, ...]:
    artifacts = site.host.artifacts()
    trees = {each: str(npm.shelf(artifacts, each)) for each in (old, *legs)}
    words = tools.npm()
    commands: list[PlannedCommand] = []
    if where := site.config.database:
        dump = str(site.host.backups(site.instance_id) / "UPGRADE.dump")
        commands.append(PlannedCommand("backup", pg_argv.dump(str(tools.postgres("pg_dump")), where, dump)))
    for each in (old, *legs):
        if not npm.has_tree(artifacts, each):
            install = npx_argv.install(words, site.product.npm, each.version, trees[each])
            commands.append(PlannedCommand("pull", install))
    for each in legs:
        start = npx_argv.start(str(tools.node()), site.product, trees[each], site.product.start.args)
        commands.append(PlannedCommand("migrate", start))
        if site.product.doctor:
            doctor = npx_argv.start(str(tools.node()), site.product, trees[each], site.product.doctor.args)
            commands.append(PlannedCommand("verify", doctor))
    return tuple(commands)
