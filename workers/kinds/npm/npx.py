"""The `npx` driver: Node trees pulled beforehand, and a gateway process that outlives the worker."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.kinds import npx as argv
from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Artifact, Check, PlannedCommand
from astrolabe.domain.products.product import Npm
from astrolabe.domain.supervision.planned import start_line
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.workers.instance import process, twin
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.probe import Probed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.instance.supervision.acting import supervisor_of
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.instance.supervision.fence import Fence
from astrolabe.workers.instance.supervision.sessions import foreign_sessions
from astrolabe.workers.kinds.driver import Following, GatewayId, IsolationMeans, OnFetch, Resolved, Running
from astrolabe.workers.kinds.npm import by_hand
from astrolabe.workers.kinds.npm.doctor import run_doctor
from astrolabe.workers.kinds.npm.facts import npm_facts
from astrolabe.workers.kinds.npm.gateway_checks import ADVICE, GatewayChecks
from astrolabe.workers.kinds.npm.job_before import JobBefore
from astrolabe.workers.kinds.npm.node import node_for
from astrolabe.workers.kinds.npm.own_processes import OwnProcesses
from astrolabe.workers.kinds.npm.process_probe import ProcessProbe
from astrolabe.workers.kinds.npm.program import Call, Program
from astrolabe.workers.kinds.npm.serving import Serving
from astrolabe.workers.kinds.npm.starting import Starting, gateway_id
from astrolabe.workers.kinds.npm.supervised import SupervisedGateway, judge_handled
from astrolabe.workers.kinds.npm.trees import Trees
from astrolabe.workers.kinds.npm.worker_processes import WorkerProcesses


class NpxDriver:
    """Acts on one instance of kind `npx` on this host."""

    def __init__(self, site: Site) -> None:
        self._site: Site = site
        self._npm: Npm = site.product.package
        self._program: Program = Program(site)
        self._job: JobBefore = JobBefore(site, self._program)
        self._own: OwnProcesses = OwnProcesses(site)
        self._workers: WorkerProcesses = WorkerProcesses(site, self._program, self._own)
        self._serving: Serving = Serving(site, self._own)
        self._trees: Trees = Trees(site, self._program, self._serving)
        self._probe: ProcessProbe = ProcessProbe(site, self._program, self._own.gateways)
        self._found: SupervisorId | None = site.supervisor
        self._supervisor: SupervisedGateway | None = None
        if site.supervisor:
            acting = supervisor_of(site.supervisor, site.instance_folder, site.secrets)
            self._supervisor = SupervisedGateway(acting, self._npm.package)
        self._starting: Starting = Starting(site, self._program, self._job, self._supervisor)
        self.database: InstanceDatabase | None = site.database
        self.advice: Mapping[str, str] = ADVICE
        self.tags_move: bool = False
        port, name = argv.settable(site.product, site.config)
        self.isolation: IsolationMeans = IsolationMeans(complete=port and name, port=port, database=name)
        self._checks: GatewayChecks = GatewayChecks(site, self._program, self._serving, self._workers, self.isolation)

    async def resolve(self, version: str) -> Resolved:
        """Find the exact artifact of a version or of `latest`, and the Node range it wants."""
        return await self._trees.resolve(version)

    async def held(self, version: str) -> Artifact | None:
        """Return what the tree of a version on this host was pulled as."""
        return self._trees.held(version)

    async def checks(self, legs: Sequence[Resolved]) -> list[Check]:
        """Check each package's Node, that others can be kept out, and that the gateway runs as it would be started."""
        return await self._checks.all(legs)

    async def commands(
        self, old: Artifact, legs: Sequence[Artifact], database: DatabaseFacts
    ) -> Iterable[PlannedCommand]:
        """Plan what is asked, installed, started and checked."""
        artifacts = (old, *legs)
        facts = await npm_facts(self._program.artifacts, artifacts, self.has, database)
        nodes = {each.version: str(await self._program.node(each)) for each in artifacts}
        facts = replace(facts, nodes=nodes, supervisor=self._found)
        return argv.plan(self._site.config, self._site.product, [each.version for each in artifacts], facts)

    async def running(self) -> Running | None:
        """Find what listens on the instance's port, or does its work without one, and which version its tree holds."""
        return self._serving.running()

    def own_probe(self) -> Probed | None:
        """Return who looks at its process, for a product without a port."""
        return self._probe if self._site.config.port is None else None

    async def supervision(self) -> Supervision | None:
        """Find who starts the gateway again when it ends; None where nothing runs."""
        if (serving := self._serving.found()) is None:
            return None
        found = await detect(serving.pid, self._site.secrets)
        self._found = found.supervisor
        if found.supervisor is None:
            return found
        acting = supervisor_of(found.supervisor, self._site.instance_folder, self._site.secrets)
        hidden = await acting.hidden(str((await node_for(None)).program), str(self._program.artifacts))
        return judge_handled(found, hidden, self._site.config.cutover)

    async def runs_as(self) -> ProcessUser | None:
        """Return whom the gateway runs as; None where nothing of it does."""
        return self._serving.user()

    async def has(self, artifact: Artifact) -> bool:
        """Return whether an artifact is on this host."""
        return self._trees.has(artifact)

    async def pull(self, artifact: Artifact, on_fetch: OnFetch) -> str | None:
        """Copy the tree that runs where it is proven, or install an artifact; one that is here is left as it is."""
        return await self._trees.pull(artifact, on_fetch)

    async def prove(self, artifact: Artifact, /) -> None:
        """Load the program of a tree, with nothing that it could touch; one that serves from there is proof enough."""
        await self._trees.prove(artifact)

    async def started(self, mark: str) -> GatewayId | None:
        """Find the process of a start, in this worker's life or an earlier one's."""
        return self._starting.found(mark)

    async def was_started(self, mark: str) -> bool:
        """Return whether the program of a start ever began."""
        return self._starting.begun(mark)

    async def next_job(self, artifact: Artifact, mark: str, /) -> GatewayId | None:
        """Begin the command that migrates before a start, or find it begun; None where it has ended well."""
        return await self._job.next(artifact, mark, self._supervisor)

    async def start(self, artifact: Artifact, mark: str) -> GatewayId:
        """Start the gateway from an artifact; it outlives this worker."""
        return await self._starting.start(artifact, mark)

    async def start_workers(self, artifact: Artifact, mark: str, /) -> None:
        """Start the workers that its product names, each in a process of its own."""
        await self._workers.start(artifact, mark, self._supervisor)

    async def put_back(self, artifact: Artifact, mark: str, /) -> GatewayId:
        """Start a version again where nobody did; whoever kept it running does so again."""
        if found := self._serving.of_version(artifact.version):
            if self._supervisor:
                await self._supervisor.keep()
            return GatewayId(found.id)
        if self._supervisor:
            call = await self._starting.call(artifact, mark)
            return gateway_id(await self._supervisor.put_back(artifact.version, call.command, call.env))
        return await self.started(mark) or await self.start(artifact, mark)

    def fence(self, port: int | None, marks: str, /) -> Fence:
        """Make a fence that ends every other gateway of this product, and reports everybody else."""
        ours, database = self._program.mark(marks), self.database
        apart = database if self._site.on_private_port and self.isolation.database else None
        return Fence(
            port,
            ours=lambda found: (process.mark(found.pid) or "").startswith(ours),
            end=lambda found: self._serving.described(found).version is not None,
            twins=lambda: twin.twins(self._site.instance_folder),
            sessions=partial(foreign_sessions, apart) if apart else None,
            secrets=self._site.secrets,
        )

    async def isolate(self) -> None:
        """Do nothing: its port and its database's name, which nobody else knows, are set by what the site says."""

    async def end_isolation(self) -> None:
        """Do nothing: nobody was kept out but by names, and the way back puts those right."""

    async def where(self) -> None:
        """Return None: the site says its private port."""

    async def reached(self) -> None:
        """Return None: others reach it at the instance's own port."""

    async def close(self) -> None:
        """End what ran apart: it listens where nobody asks, on a database under another name."""
        await self.stop_all()

    async def let_in(self, artifact: Artifact, _apart: str, mark: str, /) -> GatewayId:
        """Start the gateway once more, where everybody asks."""
        found = await self.started(mark)
        if found and self._supervisor:
            await self._supervisor.keep()
        return found or await self.start(artifact, mark)

    async def leave(self, artifact: Artifact, _mark: str, /, *, old: bool) -> Sequence[HandCommand]:
        """Let its owner's supervisor start it again, or write what starts it into a file for that owner alone."""
        call = await self._starting.call(artifact)
        does = f"starts the {'old' if old else 'new'} version, {artifact.version}"
        calls = {each.name: await self._program.call(artifact, each.args) for each in self._site.product.workers}
        workers = [self._by_hand(f"{does}, as {name}", worker, name) for name, worker in calls.items()]
        if self._supervisor and self._site.supervisor:
            await self._supervisor.leave(artifact.version if old else None, call.command, call.env)
            return [HandCommand(does, start_line(self._site.supervisor)), *workers]
        return [self._by_hand(does, call), *workers]

    def _by_hand(self, does: str, call: Call, worker: str = "") -> HandCommand:
        name = f"by-hand-{worker}" if worker else "by-hand"
        started = by_hand.written(self._site, call.command, call.env, self._program.folder, name)
        return HandCommand(does, f"{started} >{shlex.quote(str(self.log(name)))} 2>&1 &")

    async def settle(self, _mark: str, /) -> None:
        """Do nothing: keeping a process running is its owner's supervisor's work, who does so from its start on."""

    async def alive(self, gateway: GatewayId) -> bool:
        """Return whether the process still runs."""
        return process.by_id(gateway).alive()

    async def exit_code(self, gateway: GatewayId) -> int | None:
        """Wait a moment for the code that it ended with; a gateway's, only the worker that started it ever learns."""
        return await self._starting.exit_code(gateway)

    async def output(self, mark: str) -> str:
        """Return the end of a start's output; until it has begun, of the command that migrates before it."""
        return await self._starting.output(mark)

    async def stop_all(self, _following: Following | None = None, /) -> None:
        """End every process of this instance, and wait until they are gone; never a stranger who took the port."""
        found = self._serving.found()
        if not self._site.on_private_port:
            if found:
                twin.remember(found, self._site.instance_folder)
            if self._supervisor:
                await self._supervisor.stop()
                found = self._serving.found()
        if found and self._serving.described(found).version:
            await process.end(found)
        await self._workers.end()
        # One that a worker before us asked to end may still be at it, and listens no more.
        for left in process.marked_by({self._site.instance_id}, str(self._site.host.folder)):
            await process.end(left)

    async def ended(self) -> bool:
        """Return False: once its processes have ended, there is nothing left to be done."""
        return False

    async def mounts(self) -> None:
        """Return None: it has no containers."""

    async def members(self, artifact: Artifact, /) -> Check | None:
        """Check the workers, which are started with a gateway that others are let in to."""
        return None if self._site.on_private_port else self._workers.after(artifact.version)

    async def healthcheck(self) -> None:
        """Return None: nobody but the product's own health address says whether it is well."""

    async def doctor(self, artifact: Artifact) -> tuple[bool, str] | None:
        """Run the product's own check; None where it has none."""
        if (doctor := self._site.product.doctor) is None:
            return None
        user = self._site.user
        if self._supervisor:
            user, _ = await self._supervisor.as_gateway()
        call = await self._program.call(artifact, doctor.args)
        return await run_doctor(call, self._program.folder, user, self._site.secrets)

    async def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List the migrations that an artifact brings, by the names they get in the database."""
        return self._trees.migration_files(artifact)

    def log(self, mark: str) -> Path:
        """Return the file that a start's output goes to."""
        return self._program.log(mark)
