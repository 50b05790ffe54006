"""What is asked of an instance at rest, and what refuses where it is not at rest."""

from datetime import datetime
from typing import Final

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.problem import Refused, advised, at_first
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Reconfigure
from astrolabe.domain.upgrades.instance import Instance, Newcomer
from astrolabe.domain.words import Name

FIXED: Final = {
    "name": "The name is changed by itself: POST /instances/{ref}/rename, or astrolabe rename.",
    "product": "The product of an instance is fixed when it is registered.",
    "kind": "The kind of an instance is fixed when it is registered.",
}
"""What reconfiguring leaves as it is, and what is said to whoever tries."""


def adopt(state: s.State, now: datetime) -> tuple[e.Event, ...]:
    """Take what runs as it is: have a worker look again, or let the version that was seen lead."""
    match state:
        case s.Adopting():
            return ()
        case s.Unadopted():
            return (e.AdoptionRequested(),)
        case s.Idle(instance) if instance.drift:
            return (e.DriftAccepted(instance.drift, now),)
        case _:
            raise Refused(
                "nothing-to-adopt",
                "Only an instance at rest is adopted: one that could not be, or one seen to run another version.",
            )


def reconfigure(command: Reconfigure, state: s.State) -> tuple[e.Event, ...]:
    """Change how an instance is reached; what it is stays.

    Also where the way back failed: what it failed for may be in the configuration, and the next retry goes by the new
    one. Only the database keeps its name, for that is what the way back is made of.
    """
    old, new = _configured(state).config, command.config
    if isinstance(state, s.Inconsistent) and _database_name(old) != _database_name(new):
        raise Refused(
            "database-fixed",
            "The database keeps its name while the instance is inconsistent; change it once the way back has ended.",
        )
    for word in FIXED:
        if getattr(old, word) != getattr(new, word):
            raise Refused("fixed-at-registration", FIXED[word])
    if old.approvals != new.approvals and not command.may_change_approvals:
        raise Refused(
            "approvals-fixed",
            "Only admins change who approves upgrades; send approvals as they are: see GET /instances.",
        )
    if old.labels != new.labels and not command.may_change_labels:
        # Rights go by labels: whoever may change them could give himself, or take from others, what he likes.
        raise Refused("labels-fixed", "Only admins change labels; send labels as they are: see GET /instances.")
    return () if old == new else (e.InstanceReconfigured(new),)


def rename(state: s.State, name: Name) -> tuple[e.Event, ...]:
    """Rename an instance; all that it did before is found under the new name as well."""
    former = at_rest(state).config.name
    return () if name == former else (e.InstanceRenamed(name, former),)


def retire(state: s.State) -> tuple[e.Event, ...]:
    """Ask nothing more of an instance; another may have the name of one that never ran."""
    return (e.InstanceRetired(name_free=_never_ran(at_rest(state))),)


def _never_ran(instance: Instance | Newcomer) -> bool:
    """Return whether it was registered by mistake: whoever looked saw nothing run, and nobody vouches for a version."""
    if isinstance(instance, Newcomer):
        return True
    return instance.observed is not None and not instance.seen_running and instance.last is None


def _configured(state: s.State) -> Instance | Newcomer:
    return state.instance if isinstance(state, s.Inconsistent) else at_rest(state)


def _database_name(config: InstanceConfig) -> str | None:
    return config.database.name if config.database else None


def at_rest(state: s.State) -> Instance | Newcomer:
    """Return an instance that nothing is under way with, known or not; raises Refused otherwise."""
    return state.instance if isinstance(state, s.Adopting | s.Unadopted) else idle(state)


def idle(state: s.State) -> Instance:
    """Return an instance that an upgrade can be asked for; raises Refused otherwise."""
    match state:
        case s.Idle(instance):
            return instance
        case s.Adopting(instance):
            raise Refused(
                "instance-adopting",
                f"The worker on {instance.config.host} has not found out yet which version runs; wait for it.",
            )
        case s.Unadopted(problem=problem):
            raise Refused(
                "instance-unadopted", advised(problem.detail, f"{at_first(problem.todo)} Then adopt it again.")
            )
        case s.Absent():
            raise Refused("instance-unknown", "No instance is registered under this id; see GET /instances.")
        case s.Retired() | s.Withdrawn():
            raise Refused("instance-retired", "This instance was retired; register it anew.")
        case s.Inconsistent(run=run, problem=problem):
            raise Refused(
                "instance-inconsistent", f"{at_first(problem.todo)} Then retry the upgrade.", upgrade_id=run.upgrade_id
            )
        case _:
            raise Refused(
                "instance-busy",
                f"Upgrade {state.run.upgrade_id} is under way on this instance; wait for it or cancel it.",
                upgrade_id=state.run.upgrade_id,
            )
