"""A driver: all that a kind of deployment must be able to do, on one instance and this host."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NewType, Protocol, TypeAlias

from msgspec import Struct

from astrolabe.domain.instances.file_rules import Mount
from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Artifact, Check, PlannedCommand
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.store.progress import Amount
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.probe import Probed
from astrolabe.workers.instance.supervision.fence import Fence

GatewayId = NewType("GatewayId", str)
"""What one start brought up, a process or a container; a later one of the same name differs."""

OnFetch: TypeAlias = Callable[[Amount], None]
"""Hears how much of an artifact has come, and of how much where that is known; each kind in a unit of its own."""


class Resolved(Struct, frozen=True):
    """What a version or a tag is at its registry."""

    artifact: Artifact
    needs: str | None = None
    """What the host must have to run it, in the registry's words."""
    deprecated: str | None = None
    """Why its publisher wants nobody to use it, in the registry's words."""


class Running(Struct, frozen=True):
    """What serves on the instance's port now; the version is None where that is not the product at all."""

    seen: str
    version: str | None
    gateways: frozenset[GatewayId]
    """By these one knows the start that it came from."""
    strange: str | None = None
    """Why it is not the product as one instance, in words that stay the same; None where nobody knows more."""


class IsolationMeans(Struct, frozen=True):
    """How a kind keeps everybody else from a version that is not verified yet."""

    complete: bool
    """Whether nobody but our probes gets in, neither by the port nor by the database."""
    port: bool = False
    """Whether it listens on a port of its own meanwhile."""
    database: bool = False
    """Whether its database has a name of its own meanwhile."""


class Following(Struct, frozen=True):
    """The start that follows a stop."""

    artifact: Artifact
    mark: str
    isolated: bool = False
    """Whether others are kept out of it until cutover."""


class Driver(Protocol):
    """Acts on one instance of one kind; every act may be repeated, by this worker or by one that takes over."""

    @property
    def database(self) -> InstanceDatabase | None:
        """The way to the instance's database, None where it has none."""
        ...

    @property
    def advice(self) -> Mapping[str, str]:
        """What a person may do where a check of preflight does not hold, by the check's name."""
        ...

    @property
    def isolation(self) -> IsolationMeans:
        """How others are kept out until cutover."""
        ...

    @property
    def tags_move(self) -> bool:
        """Whether even an exact version may become something else at its registry."""
        ...

    async def resolve(self, version: str) -> Resolved:
        """Find the exact artifact of a version or of `latest`."""
        ...

    async def held(self, version: str, /) -> Artifact | None:
        """Return the artifact of a version that this host holds; None where only its registry says what it is."""
        ...

    async def checks(self, legs: Sequence[Resolved], /) -> list[Check]:
        """Look at what this kind and what each leg ends on need of the host, before anything is touched."""
        ...

    async def commands(
        self, old: Artifact, legs: Sequence[Artifact], database: DatabaseFacts
    ) -> Iterable[PlannedCommand]:
        """Plan the commands with all that is known here by now, as the kind's planner does where less is known."""
        ...

    async def running(self) -> Running | None:
        """Find what serves on the instance's port."""
        ...

    def own_probe(self) -> Probed | None:
        """Return who says whether the instance is at its work; None where its port is asked."""
        ...

    async def supervision(self) -> Supervision | None:
        """Find who starts the gateway again when it ends, touching nothing.

        None where nothing runs, or where the kind's own engine does so, and is kept from it.
        """
        ...

    async def runs_as(self) -> ProcessUser | None:
        """Return whom the gateway runs as, and is to be started as.

        None where nothing of it runs, or where its kind sees to that by itself.
        """
        ...

    async def has(self, artifact: Artifact) -> bool:
        """Return whether an artifact is on this host."""
        ...

    async def pull(self, artifact: Artifact, on_fetch: OnFetch) -> str | None:
        """Bring an artifact to this host, proven to be what the plan names; one that is here is left as it is.

        Return what a reader of the log wants to know of where it came from.
        """
        ...

    async def prove(self, artifact: Artifact, /) -> None:
        """See that what was pulled can run here; raises StepFailed where it cannot. It touches nothing."""
        ...

    async def started(self, mark: str) -> GatewayId | None:
        """Find what a start brought up, in this worker's life or an earlier one's."""
        ...

    async def was_started(self, mark: str) -> bool:
        """Return whether the program of a start ever began: a migration that may have begun must never be forgotten."""
        ...

    async def next_job(self, artifact: Artifact, mark: str, /) -> GatewayId | None:
        """Start the next job that must end well before the gateway of a start, or find it started.

        None where all have ended well, or the instance has none. Each is started once; raises StepFailed where one was
        started and is gone.
        """
        ...

    async def start(self, artifact: Artifact, mark: str) -> GatewayId:
        """Start the gateway from an artifact; it outlives this worker."""
        ...

    async def start_workers(self, artifact: Artifact, mark: str, /) -> None:
        """Start what works beside the gateway of a start, once that serves others; nothing where it came with it."""
        ...

    async def put_back(self, artifact: Artifact, mark: str, /) -> GatewayId:
        """Start a version on its own database again, as it ran before, or find it started."""
        ...

    def fence(self, port: int | None, marks: str, /) -> Fence | None:
        """Make the fence around the instance's own port and its database; starts whose marks begin so are ours.

        None where nobody can come, or where the kind keeps others out by itself.
        """
        ...

    async def isolate(self) -> None:
        """Keep everybody else out of the stopped instance's database, and of what is started from here on."""
        ...

    async def end_isolation(self) -> None:
        """Put back on the way back whatever was taken from others; what is started from here on is theirs again."""
        ...

    async def where(self) -> tuple[str, int] | None:
        """Return the address and port where it answers our probes alone; None where it answers at the instance's."""
        ...

    async def reached(self) -> tuple[str, int] | None:
        """Return the address and port where others reach it too, if that is not the instance's own; None where it is.

        An instance without a port has no other, and none at all while nothing of it runs there.
        """
        ...

    async def close(self) -> None:
        """End what ran apart where its kind needs a second start to let others in; it may be ended already."""
        ...

    async def let_in(self, artifact: Artifact, apart: str, mark: str, /) -> GatewayId:
        """Let others in to what was started apart, or start it once more, where everybody asks, as `mark`."""
        ...

    async def leave(self, artifact: Artifact, mark: str, /, *, old: bool) -> Sequence[HandCommand]:
        """Put back what keeps the gateway running, without starting it; return what starts `artifact` by hand.

        `old` says whether that is the version of before, on its own database.
        """
        ...

    async def settle(self, mark: str, /) -> None:
        """Leave a start that was verified to whoever keeps gateways running."""
        ...

    async def alive(self, gateway: GatewayId) -> bool:
        """Return whether what a start brought up still runs."""
        ...

    async def exit_code(self, gateway: GatewayId) -> int | None:
        """Return the code that it ended with, None where nobody can know any more."""
        ...

    async def output(self, mark: str) -> str:
        """Return the end of what a start has said, as it was said."""
        ...

    async def stop_all(self, following: Following | None = None, /) -> None:
        """End every gateway of this instance, and wait until they are gone; never a stranger who took the port.

        A kind that can make the following start ready in the same go does so; its program does not begin. What cannot
        be made ready is left to that start, which says why.
        """
        ...

    async def ended(self) -> bool:
        """Wait beside `stop_all` until none runs of those that it ends; others of its work may go on.

        Returns False, and at once, where only its end says that.
        """
        ...

    async def mounts(self) -> list[Mount] | None:
        """List the folders that its containers may write to and that outlive them; None where it has no containers."""
        ...

    async def members(self, artifact: Artifact, /) -> Check | None:
        """Look whether all that runs beside the gateway is well; None where nothing does, or it is not to run yet."""
        ...

    async def healthcheck(self) -> Check | None:
        """Ask the test by which whoever runs the gateway calls it healthy; None where there is none, or no gateway."""
        ...

    async def doctor(self, artifact: Artifact, /) -> tuple[bool, str] | None:
        """Run the product's own check; None where it has none."""
        ...

    async def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List the migrations that an artifact brings, by the names they get in the database."""
        ...
