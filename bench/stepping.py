"""A worker whose steps do nothing but say so, with all that is around a step: `python -m bench.stepping`."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from astrolabe.domain.plans.plan import Artifact, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.reconcile import ActionName
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.steps.work import Work
from astrolabe.workers.worker.carry_out import RUNNERS, ActionRunner
from astrolabe.workers.worker.process import run_worker

HOST = "ASTROLABE_BENCH_HOST"
"""The variable that names the worker's host: one without instances, for each would be looked at as it starts."""


async def preflight(work: Work) -> None:
    """Plan the way to the target."""
    await work.begin("preflight")
    run, instance = work.busy.run, work.busy.instance
    old, new = (Artifact("nothing", version, "sha512-nothing", "none") for version in (instance.version, run.target))
    await work.report(e.PreflightPassed(run.upgrade_id, Plan(old, new, ()), datetime.now(UTC)))


async def backup(work: Work) -> None:
    """Take no copy, and say so."""
    await work.begin("backup")
    await work.report(e.BackupTaken(work.busy.run.upgrade_id, Dump("/nowhere", "00" * 32, 0, 0, "none")))


async def pull(work: Work) -> None:
    """Fetch nothing."""
    await work.begin("pull")
    await work.report(e.ArtifactPulled(work.busy.run.upgrade_id, ()))


async def stop(work: Work) -> None:
    """Stop nothing."""
    await work.begin("migrate")
    await work.report(e.InstanceStopped(work.busy.run.upgrade_id, datetime.now(UTC)))


async def copy(work: Work) -> None:
    """Copy nothing."""
    await work.report(e.DatabaseCopied(work.busy.run.upgrade_id, DatabaseCopy("none", 0)))


async def start(work: Work) -> None:
    """Start nothing."""
    await work.report(e.MigrationStarted(work.busy.run.upgrade_id))


async def follow(work: Work) -> None:
    """Find nothing to wait for."""
    await work.report(e.MigrationFinished(work.busy.run.upgrade_id, datetime.now(UTC), 0))


async def verify(work: Work) -> None:
    """Find nothing wrong."""
    await work.begin("verify")
    run = work.busy.run
    await work.report(e.UpgradeSucceeded(run.upgrade_id, run.target, (), Writes(0, {}), datetime.now(UTC)))


STEPS: dict[ActionName, ActionRunner] = {
    "preflight": preflight,
    "backup": backup,
    "pull": pull,
    "stop": stop,
    "copy": copy,
    "start": start,
    "follow": follow,
    "verify": verify,
}


def main() -> None:
    """Work until the process is asked to stop."""
    RUNNERS.update(STEPS)
    with tempfile.TemporaryDirectory() as folder:
        host = Host(os.environ[HOST], Path(folder), load_products([]), Secrets([]))
        run_worker(os.environ["ASTROLABE_BENCH_URL"], os.environ["ASTROLABE_BENCH_REDIS"], host, 64)


if __name__ == "__main__":
    main()
