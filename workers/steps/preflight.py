"""Preflight: everything that can be known beforehand is gathered, judged, and recorded before anything is touched."""

from datetime import UTC, datetime
from typing import TypeVar

from msgspec.structs import replace

from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.plan import Artifact, Plan, PlannedCommand
from astrolabe.domain.problem import Problem
from astrolabe.domain.products.route import Route
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.instance import Run
from astrolabe.domain.upgrades.preflight import Findings, GatewayFindings, judge, judge_route
from astrolabe.domain.upgrades.states import Approved, Requested
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.driver import Driver, Resolved
from astrolabe.workers.kinds.probing import probing
from astrolabe.workers.programs import tools
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.database_findings import find_database
from astrolabe.workers.steps.file_findings import find_files
from astrolabe.workers.steps.marks import attempt_of, dump_of
from astrolabe.workers.steps.release_feed import releases_of
from astrolabe.workers.steps.together import both

T = TypeVar("T")


async def preflight(context: StepContext) -> None:
    """Resolve both artifacts, look at everything that the upgrade will need, and record the plan."""
    state, site, driver = context.expect(Requested, Approved), context.site, context.driver
    site.environment()  # what a start will need, secrets and all, must be had before anything stops
    target, old = await _resolve(context, state)
    route = _accepted(judge_route(state, await releases_of(site.product, site.reach.inside()), target.artifact.version))
    found = await _gather(context, old, route, target)
    plan = _accepted(judge(state, site.product.title, route, found, driver.advice))
    plan = replace(plan, commands=await _commands(context, state.run, plan))
    supervisor = found.supervision.supervisor if found.supervision else None
    user = None if supervisor else await driver.runs_as()
    await context.recorder.report(e.PreflightPassed(state.run.upgrade_id, plan, datetime.now(UTC), supervisor, user))


def _accepted(verdict: T | Problem) -> T:
    if isinstance(verdict, Problem):
        raise StepFailed(verdict.code, verdict.detail, seen=verdict.seen, todo=verdict.todo)
    return verdict


async def _resolve(context: StepContext, state: Requested | Approved) -> tuple[Resolved, Artifact]:
    title, target = context.site.product.title, state.run.target
    await context.recorder.progress("preflight", f"asking the registry about {title} {target}")
    return await both(context.driver.resolve(target), _resolve_old(context.driver, state.instance.version))


async def _resolve_old(driver: Driver, version: str) -> Artifact:
    if held := await driver.held(version):
        return held
    try:
        return (await driver.resolve(version)).artifact
    except StepFailed as failure:
        if failure.problem.code != "version-unknown":
            raise
        raise StepFailed(
            "no-way-back",
            f"The running version {version} cannot be had from the registry again, so there would be no way back.",
            seen=failure.problem.seen,
            todo="See that the registry has that version again, or upgrade by hand, then retry.",
        ) from None


async def _gather(context: StepContext, old: Artifact, route: Route, target: Resolved) -> Findings:
    site, driver = context.site, context.driver
    resolved = (*[await driver.resolve(version) for version in route.legs[:-1]], target)
    legs = tuple(each.artifact for each in resolved)
    kind, gateway = await both(driver.checks(resolved), _gateway(context))
    database = await find_database(site, driver.database, len(legs)) if driver.database else None
    # What a member may write to is known only of a project that its engine accepts.
    files = await find_files(site, driver) if all(check.ok for check in kind) else None
    deprecated = tuple(f"{each.artifact.name}: {each.deprecated}" for each in resolved if each.deprecated)
    return Findings(old, legs, gateway, tuple(kind), database, deprecated, await driver.supervision(), files)


async def _gateway(context: StepContext) -> GatewayFindings:
    async with probing(context.site, context.driver) as probe:
        healthy, health = await probe.health()
        answers = await probe.version()
    running = await context.driver.running()
    if running is None:
        return GatewayFindings(healthy, health, None, None, answers)
    healthcheck = await context.driver.healthcheck()
    unwell = healthcheck.seen if healthcheck and not healthcheck.ok else None
    return GatewayFindings(healthy, health, running.seen, running.version, answers, unwell)


async def _commands(context: StepContext, run: Run, plan: Plan) -> tuple[PlannedCommand, ...]:
    site, driver = context.site, context.driver
    facts = DatabaseFacts()
    if driver.database:
        facts = DatabaseFacts(
            pg_dump=str(tools.postgres("pg_dump")),
            where=await driver.database.where(),
            dump=str(site.host.backups(site.instance_id) / dump_of(run)),
            attempt=attempt_of(run),
        )
    return tuple(await driver.commands(plan.old, plan.legs, facts))
