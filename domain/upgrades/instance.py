"""An instance as its stream records it: what stays true of it through all its upgrades, and which those were."""

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.observation import Observation, Unobserved
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.plans.approval import DueReview
from astrolabe.domain.plans.rollback_point import Kept, RollbackPoint
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.domain.words import Outcome, Owner, Target, Ticket, Version


class Run(Struct, frozen=True):
    """An upgrade under way or ended."""

    upgrade_id: str
    attempt: int
    from_version: Version
    target: Target
    requesters: tuple[str, ...] = ()
    """Who asked for it, or asked again; none of them may approve it."""
    emergency: bool = False
    acknowledged: tuple[Version, ...] = ()
    """The breaking releases that the requester knows of."""
    ticket: Ticket | None = None
    """The ticket that it was asked for with; None where none was named."""
    owners: tuple[Owner, ...] = ()
    """Whose tokens asked for it; none of theirs may approve it."""


class Superseded(Struct, frozen=True):
    """An upgrade that succeeded before the last that did, and what takes it back once that one was taken back."""

    run: Run
    point: RollbackPoint


class LastUpgrade(Struct, frozen=True):
    """The last upgrade of an instance, and how it ended."""

    run: Run
    outcome: Outcome


class Newcomer(Struct, frozen=True):
    """What is known of an instance while nobody knows which version runs: how to reach it."""

    config: InstanceConfig


class Instance(Struct, frozen=True):
    """What stays true of an instance through all its upgrades."""

    config: InstanceConfig
    version: Version
    rollback_point: RollbackPoint | None = None
    kept: tuple[Kept, ...] = ()
    last: LastUpgrade | None = None
    succeeded: Run | None = None
    """The upgrade that left the rollback point; a later one may have ended without success."""
    review: DueReview | None = None
    observed: Observation | None = None
    """What a worker saw last, while nothing was being done to it."""
    unobserved: Unobserved | None = None
    """Why no worker can look at it now; None where one can, or nobody has tried for long enough."""
    supervisor: SupervisorId | None = None
    """Who kept the gateway running when an upgrade or a way back last began; None where nobody did."""
    user: ProcessUser | None = None
    """Whom the gateway ran as then; None where its kind or its supervisor sees to that, or nobody looked."""
    seen_running: bool = False
    """Whether a worker ever saw it run."""
    superseded: tuple[Superseded, ...] = ()
    """The upgrades that succeeded before the one that left the rollback point, oldest first; each led to the next."""
    discarded: str | None = None
    """The upgrade that led to what runs, where what takes it back was discarded while a later one ran; else None."""

    @property
    def in_sync(self) -> bool | None:
        """Whether what was seen is what the log says; None where nothing was seen yet."""
        return self.observed.version == self.version if self.observed else None

    @property
    def drift(self) -> Version | None:
        """The version that was seen in place of the known one; None where no other was."""
        seen = self.observed.version if self.observed else None
        return None if seen == self.version else seen
