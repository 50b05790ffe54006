"""What may be asked of an instance; time and ids arrive inside, and each may be refused."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.approval import Verdict
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.events import Fact
from astrolabe.domain.words import Impact, Name, Owner, Step, Target, Ticket, Version


class Register(Struct, frozen=True):
    """Make an instance known that runs already; without a version, a worker finds out which."""

    config: InstanceConfig
    version: Version | None = None


class Adopt(Struct, frozen=True):
    """Take what runs as it is: have it detected again, or vouch for what was seen instead of the known version."""

    now: datetime


class Reconfigure(Struct, frozen=True):
    """Reach an instance that no worker is at in another way; only some may change who has which rights to it."""

    config: InstanceConfig
    may_change_approvals: bool = True
    may_change_labels: bool = True


class Rename(Struct, frozen=True):
    """Rename an instance at rest, to a name that no other has."""

    name: Name


class Retire(Struct, frozen=True):
    """Ask nothing more of an idle instance."""


class RequestUpgrade(Struct, frozen=True):
    """Take an idle instance to another version; an emergency waits for no approval, and is reviewed afterwards."""

    upgrade_id: str
    target: Target
    requested_by: str = ""
    emergency: bool = False
    acknowledge_breaking: tuple[Version, ...] = ()
    reason: str = ""
    """Why; an emergency needs a reason. The event has it in its envelope."""
    ticket: Ticket | None = None
    impact: Impact | None = None
    planned_only: bool = False
    """Whether only its plan is wanted: a ticket may be made from that."""
    owner: Owner | None = None
    """Whose token asks; None where it is nobody's."""


class Approve(Struct, frozen=True):
    """Say yes to the plan of an upgrade that somebody else asked for."""

    upgrade_id: str
    approver: str
    now: datetime
    owner: Owner | None = None
    """Whose token the approver is; None where it is nobody's."""


class Reject(Struct, frozen=True):
    """Say no to the plan of an upgrade."""

    upgrade_id: str
    approver: str
    now: datetime


class Review(Struct, frozen=True):
    """Say what one thinks of an emergency upgrade that somebody else ran."""

    upgrade_id: str
    reviewer: str
    verdict: Verdict
    now: datetime
    owner: Owner | None = None
    """Whose token the reviewer is; None where it is nobody's."""


class Cancel(Struct, frozen=True):
    """Call an upgrade off: free before the stop, a rollback after it."""

    upgrade_id: str
    now: datetime


class Retry(Struct, frozen=True):
    """Begin an ended upgrade again, or the way back of an inconsistent instance."""

    upgrade_id: str
    retried_by: str = ""
    owner: Owner | None = None
    """Whose token asks; None where it is nobody's."""


class RequestRollback(Struct, frozen=True):
    """Take the last succeeded upgrade back."""

    upgrade_id: str
    accept_lost_writes: bool = False


class Beginner(Struct, frozen=True):
    """A worker that goes on by itself, and the fence that it works under."""

    worker: str
    fence: int


class Report(Struct, frozen=True):
    """Record what a worker did or found, and where a step ends with it, that the next one begins."""

    fact: Fact
    by: Beginner | None = None
    """Who begins the next step at once; None where that is recorded by itself."""


class FailStep(Struct, frozen=True):
    """Record that the step due cannot be done."""

    upgrade_id: str
    step: Step
    problem: Problem
    now: datetime
    commands: tuple[HandCommand, ...] = ()
    """What a person can type where nothing else is left."""


Command: TypeAlias = (
    Register
    | Adopt
    | Reconfigure
    | Rename
    | Retire
    | RequestUpgrade
    | Approve
    | Reject
    | Review
    | Cancel
    | Retry
    | RequestRollback
    | Report
    | FailStep
)
