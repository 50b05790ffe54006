"""A worker whose steps do nothing but say so, with all that is around a step: `python -m bench.stepping`."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from astrolabe.domain.plans.plan import Artifact, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.reconcile import ActionName
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.registry import STEP_FUNCTIONS, StepFunction
from astrolabe.workers.worker.process import run_worker
from bench.tracing import trace

HOST = "ASTROLABE_BENCH_HOST"
"""The variable that names the worker's host: one without instances, for each would be looked at as it starts."""


async def preflight(context: StepContext) -> None:
    """Plan the way to the target."""
    state = context.expect(s.Requested)
    run, instance = state.run, state.instance
    old, new = (Artifact("nothing", version, "sha512-nothing", "none") for version in (instance.version, run.target))
    await context.recorder.report(e.PreflightPassed(run.upgrade_id, Plan(old, new, ()), datetime.now(UTC)))


async def backup(context: StepContext) -> None:
    """Take no copy, and say so."""
    await context.recorder.report(
        e.BackupTaken(context.expect(s.Planned).run.upgrade_id, Dump("/nowhere", "00" * 32, 0, 0, "none"))
    )


async def pull(context: StepContext) -> None:
    """Fetch nothing."""
    await context.recorder.report(e.ArtifactPulled(context.expect(s.BackedUp).run.upgrade_id, ()))


async def stop(context: StepContext) -> None:
    """Stop nothing."""
    await context.recorder.report(e.InstanceStopped(context.expect(s.Stopping).run.upgrade_id, datetime.now(UTC)))


async def copy(context: StepContext) -> None:
    """Copy nothing."""
    await context.recorder.report(e.DatabaseCopied(context.expect(s.Stopped).run.upgrade_id, DatabaseCopy("none", 0)))


async def start(context: StepContext) -> None:
    """Start nothing."""
    await context.recorder.report(e.MigrationStarted(context.expect(s.Copied).run.upgrade_id))


async def follow(context: StepContext) -> None:
    """Find nothing to wait for."""
    await context.recorder.report(e.MigrationFinished(context.expect(s.Migrating).run.upgrade_id, datetime.now(UTC), 0))


async def verify(context: StepContext) -> None:
    """Find nothing wrong."""
    run = context.expect(s.Migrated).run
    await context.recorder.report(e.UpgradeVerified(run.upgrade_id, run.target, (), datetime.now(UTC)))


async def cut_over(context: StepContext) -> None:
    """Keep nobody out any longer."""
    await context.recorder.report(
        e.CutOver(context.expect(s.Verified).run.upgrade_id, Writes(0, {}), datetime.now(UTC))
    )


async def serve(context: StepContext) -> None:
    """Find that it serves."""
    run = context.expect(s.Serving).run
    await context.recorder.report(e.UpgradeSucceeded(run.upgrade_id, run.target, (), Writes(0, {}), datetime.now(UTC)))


STEPS: dict[ActionName, StepFunction] = {
    "preflight": preflight,
    "backup": backup,
    "pull": pull,
    "stop": stop,
    "copy": copy,
    "start": start,
    "follow": follow,
    "verify": verify,
    "cutover": cut_over,
    "serve": serve,
}


def main() -> None:
    """Work until the process is asked to stop."""
    trace()
    STEP_FUNCTIONS.update(STEPS)
    with tempfile.TemporaryDirectory() as folder:
        host = Host(os.environ[HOST], Path(folder), load_products([]), Secrets([]))
        run_worker(os.environ["ASTROLABE_BENCH_URL"], os.environ["ASTROLABE_BENCH_REDIS"], host, 64)


if __name__ == "__main__":
    main()
