"""A worker in the abstract: what it reports when the step due succeeds, and when it fails."""

from semver import Version

from astrolabe.domain.plans.plan import Artifact, Plan
from astrolabe.domain.plans.rollback_point import DatabaseCopy, Dump, Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Command, FailStep, Report
from astrolabe.domain.upgrades.expected import step_due
from astrolabe.domain.upgrades.reconcile import Action, due
from tests.domain.samples import AT, LATER, PROBLEM

FINAL = (s.Idle, s.Inconsistent)


def busy(state: s.State) -> s.Busy | None:
    """Return the state where a worker has something to do for an upgrade."""
    return state if isinstance(state, s.Busy) else None


def failure(state: s.Busy) -> Command:
    """Fail the step that is due."""
    return FailStep(state.run.upgrade_id, step_due(state), PROBLEM, LATER)


def success(state: s.Busy) -> Command:  # noqa: C901, PLR0911, PLR0912  one arm an action
    """Report the fact of the action that is due, with names of its own for every attempt."""
    run, instance = state.run, state.instance
    mark, has_database = f"{run.upgrade_id}.{run.attempt}", instance.config.database is not None
    action = due(state, LATER)
    assert isinstance(action, Action)
    match action.name:
        case "preflight":
            target = "99.0.0" if run.target == "latest" else run.target
            return Report(e.PreflightPassed(run.upgrade_id, plan(instance.version, target), AT))
        case "backup":
            dump = Dump(f"/backups/{mark}", "00", 1, 1, "pg_dump 18.6") if has_database else None
            return Report(e.BackupTaken(run.upgrade_id, dump))
        case "pull":
            assert isinstance(state, s.BackedUp)
            return Report(e.ArtifactPulled(run.upgrade_id, (state.plan.old, state.plan.new)))
        case "stop" if isinstance(state, s.Pulled):
            return Report(e.StepStarted(run.upgrade_id, run.attempt, "migrate", "worker-1", 1))
        case "stop":
            return Report(e.InstanceStopped(run.upgrade_id, AT))
        case "copy":
            assert isinstance(state, s.Stopped)
            name = f"before.{mark}.{len(state.legs)}"
            return Report(e.DatabaseCopied(run.upgrade_id, DatabaseCopy(name, 1) if has_database else None))
        case "start":
            assert isinstance(state, s.Copied)
            if s.cuts_over_at_once(state) and s.is_last_leg(state) and state.downtime.let_in is None:
                return Report(e.CutOver(run.upgrade_id, Writes(0), AT, verified=False))
            return Report(e.MigrationStarted(run.upgrade_id))
        case "follow":
            return Report(e.MigrationFinished(run.upgrade_id, AT, 1))
        case "verify" if isinstance(state, s.Migrated) and not s.is_last_leg(state):
            return Report(e.LegFinished(run.upgrade_id, s.leg_to(state).version, (), AT))
        case "verify" if isinstance(state, s.Migrated) and state.downtime.let_in is None:
            return Report(e.UpgradeVerified(run.upgrade_id, state.plan.new.version, (), AT))
        case "cutover":
            return Report(e.CutOver(run.upgrade_id, Writes(0), AT))
        case "verify" | "serve":
            assert isinstance(state, s.Migrated | s.Serving)
            return Report(e.UpgradeSucceeded(run.upgrade_id, state.plan.new.version, (), Writes(0), AT))
        case "assess":
            return Report(e.RollbackStarted(run.upgrade_id, "request"))
        case "restore":
            assert isinstance(state, s.RollingBack)
            kept = f"after.{mark}" if state.back.migrated and has_database else None
            return Report(e.DatabaseRestored(run.upgrade_id, kept))
        case "resume":
            assert isinstance(state, s.Resuming)
            assert state.back.may_be_called_off
            return Report(e.UpgradeResumed(run.upgrade_id, state.back.to.version, AT, ()))
        case "revive":
            assert isinstance(state, s.Restored)
            return Report(e.UpgradeRolledBack(run.upgrade_id, state.back.artifact.version, AT, ()))
        case "adopt":
            raise AssertionError("nobody adopts what is being upgraded")


def plan(version: str, target: str) -> Plan:
    """Plan the way from a version to another; 8.2.0 is reached over two required stops."""
    required = ("6.10.1", "7.5.1") if target == "8.2.0" else ()
    stops = tuple(artifact(stop) for stop in required if Version.parse(stop).compare(version) > 0)
    return Plan(artifact(version), artifact(target), stops=stops)


def artifact(version: str) -> Artifact:
    """Name the one artifact of a version."""
    return Artifact("unleash-server", version, f"sha512-{version}", "https://registry.example")
