"""Preflight: everything that can be known beforehand, known before anything is touched."""

from datetime import UTC, datetime

from astrolabe.domain.kinds import postgres as pg_argv
from astrolabe.domain.plans.plan import Artifact, Check, Plan, PlannedCommand, same_way
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.release_notes import crossed, judged
from astrolabe.domain.products.route import Route
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.decide import check_target
from astrolabe.domain.upgrades.gate import pass_gate
from astrolabe.domain.upgrades.states import Approved, Requested
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import Probe
from astrolabe.workers.instance.site import Site
from astrolabe.workers.programs import tools
from astrolabe.workers.steps.capacity import database_checks
from astrolabe.workers.steps.release_feed import releases_of
from astrolabe.workers.steps.together import both
from astrolabe.workers.steps.work import Superseded, Work


async def preflight(work: Work) -> None:
    """Resolve both artifacts, look at everything that the upgrade will need, and record the plan."""
    await work.begin("preflight")
    state = work.state
    if not isinstance(state, Requested | Approved):
        raise Superseded(type(state).__name__)
    site, driver = work.site(), work.driver()
    site.environment()  # what a start will need, secrets and all, must be had before anything stops
    await work.progress("preflight", f"asking the registry about {site.product.title} {state.run.target}")
    target, old = await both(driver.resolve(state.run.target), _old(work, state.instance.version))
    route = await _route(work, target.artifact.version)
    legs = (*[await driver.resolve(version) for version in route.legs[:-1]], target)
    *stops, new = (leg.artifact for leg in legs)
    kind, instance = await both(driver.checks([leg.needs for leg in legs]), _instance(work))
    checks = [*(_identity(leg.artifact) for leg in legs), *kind, *instance]
    if driver.database:
        checks += await database_checks(site, driver.database, len(legs))
    bad = [check for check in checks if not check.ok]
    if bad:
        raise StepFailed(
            f"preflight-{bad[0].name}",
            f"Preflight found {len(bad)} reason{'s' if len(bad) > 1 else ''} not to begin: {bad[0].seen}",
            seen=[f"{check.name}: {check.seen}" for check in checks],
            todo={**_TODO, **driver.advice}.get(bad[0].name, "Mend what was found, then retry."),
        )
    plan = Plan(
        old,
        new,
        tuple(checks),
        await _commands(work, old, (*stops, new)),
        route.breaking,
        tuple(stops),
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
    "version": "Put back what the log believes, or vouch for what runs (astrolabe adopt), then retry.",
    "disk": "Free the space that is needed, then retry.",
    "tools": "Install PostgreSQL programs at least as new as the server (ASTROLABE_PG_BIN), then retry.",
    "settings": "Grant the instance's role what the database's own settings need, or reset those, then retry.",
    "rights": "Let the instance's role own its database and grant it CREATEDB, then retry.",
}


async def _route(work: Work, resolved: str) -> Route:
    run, instance, product = work.busy.run, work.busy.instance, work.site().product
    try:
        check_target(instance.version, resolved)
        return pass_gate(await releases_of(product), instance.config, instance.version, resolved, run.acknowledged)
    except Refused as refusal:
        todo = _TODO.get(refusal.code, "")
        raise StepFailed(refusal.code, refusal.detail, todo=todo) from None


def _identity(artifact: Artifact) -> Check:
    return Check("artifact", True, f"{artifact.name} {artifact.integrity} from {artifact.registry}")


async def _old(work: Work, version: str) -> Artifact:
    try:
        return (await work.driver().resolve(version)).artifact
    except StepFailed as failure:
        if failure.problem.code != "version-unknown":
            raise
        raise StepFailed(
            "no-way-back",
            f"The running version {version} cannot be had from the registry again, so there would be no way back.",
            seen=failure.problem.seen,
            todo="See that the registry has that version again, or upgrade by hand, then retry.",
        ) from None


async def _instance(work: Work) -> list[Check]:
    site = work.site()
    async with Probe.open(site.config, site.product) as probe:
        healthy, seen = await probe.health()
        answers = await probe.version()
    checks = [Check("health", healthy, seen)]
    running = await work.driver().running()
    if running is None:
        checks.append(Check("process", False, _nothing(site)))
        return checks
    checks.append(Check("process", running.version is not None, running.seen))
    believed = work.busy.instance.version
    for what, version in (("what runs is", running.version), ("it answers that it is", answers)):
        if version is not None:
            checks.append(Check("version", version == believed, f"{what} {version}; the log says {believed}"))
    return checks


def _nothing(site: Site) -> str:
    port = site.config.port
    return f"nothing on this host serves on port {port}" if port else f"{site.product.title} is not installed"


async def _commands(work: Work, old: Artifact, legs: tuple[Artifact, ...]) -> tuple[PlannedCommand, ...]:
    site, driver = work.site(), work.driver()
    commands = await driver.commands(old, legs)
    if driver.database is None:
        return tuple(commands)
    dump = str(site.host.backups(site.instance_id) / "UPGRADE.dump")
    argv = pg_argv.dump(str(tools.postgres("pg_dump")), await driver.database.where(), dump)
    return (PlannedCommand("backup", argv), *commands)
