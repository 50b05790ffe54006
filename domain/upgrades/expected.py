"""What a worker may report: which facts follow from which state."""

from astrolabe.domain.instances.instance import in_kind
from astrolabe.domain.plans.plan import same_way
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Instance
from astrolabe.domain.words import Step


def expected(fact: e.Fact, state: s.State) -> bool:
    """Return whether a worker may report this fact in this state."""
    if isinstance(fact, e.OfInstance):
        return _of_instance(fact, state)
    run = s.run_of(state)
    if run is None or run.upgrade_id != fact.upgrade_id:
        return False
    if isinstance(fact, e.ApprovalExpired):
        return isinstance(state, s.Waiting) and state.until <= fact.at
    if not isinstance(state, s.Busy):
        return False
    if isinstance(fact, e.StepStarted | e.StepProgressed):
        return fact.step == step_due(state)
    return isinstance(state, FOLLOWS[type(fact)]) and _holds(fact, state)


def _of_instance(fact: e.OfInstance, state: s.State) -> bool:
    match fact, state:
        case e.InstanceAdopted(attempt, kind), s.Adopting(instance):
            return attempt == state.attempt and in_kind(instance.config, kind) is not None
        case e.AdoptionRefused(attempt), s.Adopting():
            return attempt == state.attempt
        case ((e.InstanceObserved() | e.ObservationFailed()), s.Idle(instance)):
            return _is_news(fact, instance)
        case e.KeptDiscarded(what, name), (s.Idle(instance) | s.Retired(instance)):
            return any((kept.what, kept.name) == (what, name) for kept in instance.kept)
        case e.ReviewOverdue(upgrade_id, at), (s.Idle(instance) | s.Retired(instance)):
            review = instance.review
            return review is not None and review.upgrade_id == upgrade_id and not review.overdue and review.until <= at
        case _:
            return False


def _is_news(fact: e.InstanceObserved | e.ObservationFailed, instance: Instance) -> bool:
    if isinstance(fact, e.ObservationFailed):
        return instance.unobserved is None
    known = instance.observed
    return bool(instance.unobserved) or known is None or (fact.version, fact.seen) != (known.version, known.seen)


def _holds(fact: e.Fact, state: s.Busy) -> bool:
    match fact, state:
        case e.PreflightPassed(plan=plan), s.Requested(instance, run):
            return plan.old.version == instance.version and run.target in {"latest", plan.new.version}
        case e.PreflightPassed(plan=plan), s.Approved(plan=approved):
            return same_way(plan, approved)
        case ((e.BackupTaken(dump=made) | e.DatabaseCopied(copy=made)), _):
            # No way on without a way back: an instance with a database is dumped and copied, and its files are.
            whole = not isinstance(state, s.Stopped) or isinstance(fact, e.BackupTaken) or _files_whole(fact, state)
            return whole and (made is None) == (state.instance.config.database is None)
        case e.UpgradeRolledBack(version=version), s.Restored(back=back):
            return version == back.artifact.version
        case e.InstanceTakenOver(version=version), s.RollingBack(back=back):
            return back.left and version in {back.artifact.version, back.to.version}
        case _:
            return _leaves(fact, state) if isinstance(state, s.Returning) else _arrives(fact, state)


def _files_whole(fact: e.DatabaseCopied, state: s.Stopped) -> bool:
    return (fact.files is None) == (state.files is None or bool(state.legs))


def _leaves(fact: e.Fact, state: s.Returning) -> bool:
    match fact, state:
        case ((e.WritesCounted(writes=writes) | e.DatabaseRestored(writes=writes)), s.RollingBack(back=back)):
            return back.may_leave(writes)
        case e.RollbackCalledOff(writes=writes), s.RollingBack(back=back):
            return not back.may_leave(writes)
        case ((e.UpgradeResumed(version=version) | e.UpgradeUnwell(version=version)), s.Resuming(back=back)):
            return version == back.to.version
        case _:
            return True


def _arrives(fact: e.Fact, state: s.Busy) -> bool:
    match fact, state:
        case ((e.LegFinished(version=version) | e.UpgradeVerified(version=version)), s.Migrated()):
            arrived = isinstance(fact, e.UpgradeVerified)
            return _is_leg(version, state, last=arrived) and not (arrived and state.downtime.let_in)
        case e.UpgradeSucceeded(version=version), s.Migrated(downtime=downtime):
            return _is_leg(version, state, last=True) and downtime.let_in is not None
        case ((e.UpgradeSucceeded(version=version) | e.UpgradeUnwell(version=version)), s.Serving()):
            return version == s.leg_to(state).version
        case _:
            return _cuts_over(fact, state)


def _is_leg(version: str, state: s.Migrated, *, last: bool) -> bool:
    return version == s.leg_to(state).version and s.is_last_leg(state) == last


def _cuts_over(fact: e.Fact, state: s.Busy) -> bool:
    match fact, state:
        case e.CutOver(verified=verified), _:
            return verified == isinstance(state, s.Verified) and (verified or _at_once(state))
        case e.MigrationStarted(), s.Copied(downtime=downtime):
            # Who is let in at once is let in before the start, by an event of its own.
            return _at_once(state) == (downtime.let_in is not None)
        case e.RollbackStarted(writes=writes), s.Serving():
            # Past the point of no return nothing goes back by itself that would leave a write behind.
            return writes is not None and writes.total == 0
        case _:
            return True


def _at_once(state: s.Busy) -> bool:
    return isinstance(state, s.Copied) and s.cuts_over_at_once(state) and s.is_last_leg(state)


def step_due(state: s.Busy) -> Step:
    """Name the step that is due, as the user knows it."""
    match state:
        case s.Requested() | s.Approved():
            return "preflight"
        case s.Planned():
            return "backup"
        case s.BackedUp():
            return "pull"
        case s.Pulled() | s.Stopping() | s.Stopped() | s.Copied() | s.Migrating():
            return "migrate"
        case s.Migrated() | s.Verified() | s.Serving():
            return "verify"
        case s.Assessing() | s.RollingBack() | s.Resuming() | s.Restored():
            return "rollback"


FOLLOWS: dict[type[e.Fact], tuple[type[s.State], ...]] = {
    e.PreflightPassed: (s.Requested, s.Approved),
    e.UpgradeRefused: (s.Requested, s.Approved),
    e.BackupTaken: (s.Planned,),
    e.ArtifactPulled: (s.BackedUp,),
    e.InstanceStopped: (s.Stopping,),
    e.DatabaseCopied: (s.Stopped,),
    e.MigrationStarted: (s.Copied,),
    e.MigrationFinished: (s.Migrating,),
    e.LegFinished: (s.Migrated,),
    e.UpgradeVerified: (s.Migrated,),
    e.CutOver: (s.Copied, s.Verified),
    e.UpgradeSucceeded: (s.Migrated, s.Serving),
    e.UpgradeUnwell: (s.Serving, s.Resuming),
    e.RollbackRefused: (s.Assessing,),
    e.RollbackStarted: (s.Assessing, s.Serving),
    e.RollbackCalledOff: (s.RollingBack,),
    e.UpgradeResumed: (s.Resuming,),
    e.RollbackStalled: (s.RollingBack, s.Resuming, s.Restored),
    e.WritesCounted: (s.RollingBack,),
    e.DatabaseRestored: (s.RollingBack,),
    e.UpgradeRolledBack: (s.Restored,),
    e.InstanceTakenOver: (s.RollingBack,),
}
"""Which state each fact of a worker belongs to; whatever is not here follows from nothing."""
