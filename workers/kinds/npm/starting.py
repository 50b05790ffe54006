"""Starting a gateway: once for a mark, found again by it, and what became of it."""

import asyncio
import contextlib
from typing import Final

from astrolabe.domain.plans.plan import Artifact
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.kinds.npm.job_before import JobBefore
from astrolabe.workers.kinds.npm.own_processes import job_mark
from astrolabe.workers.kinds.npm.program import Call, Program
from astrolabe.workers.kinds.npm.supervised import SupervisedGateway
from astrolabe.workers.programs import shell

REAP_SECONDS: Final = 0.5
"""How long is waited for the code of a process that has just ended."""

POLL_SECONDS: Final = 0.05


class Starting:
    """Starts the gateway of one instance of kind `npx`, or lets whoever keeps it running do so."""

    def __init__(self, site: Site, program: Program, job: JobBefore, supervisor: SupervisedGateway | None) -> None:
        self._site: Site = site
        self._program: Program = program
        self._job: JobBefore = job
        self._supervisor: SupervisedGateway | None = supervisor

    async def call(self, artifact: Artifact, mark: str = "") -> Call:
        """Return the call that starts a version."""
        return await self._program.call(artifact, self._site.product.start.args, mark)

    def found(self, mark: str) -> GatewayId | None:
        """Find the process of a start, in this worker's life or an earlier one's."""
        found = process.marked(self._program.mark(mark))
        return GatewayId(found.id) if found else None

    def begun(self, mark: str) -> bool:
        """Return whether the program of a start ever began."""
        return self._program.attempt(mark).exists()

    async def start(self, artifact: Artifact, mark: str) -> GatewayId:
        """Start the gateway from an artifact; it outlives this worker."""
        call, folder = await self.call(artifact, mark), self._program.folder
        command, user = call.command, self._site.user
        if self._supervisor and not self._site.on_private_port:
            return gateway_id(await self._supervisor.start(command, call.env))
        if self._site.config.port and (holder := process.listener(self._site.config.port)):
            raise StepFailed(
                "port-taken",
                f"Port {self._site.config.port} is taken by process {holder.pid}.",
                seen=[holder.program],
                todo="End that process or give the instance another port, then retry.",
            )
        if self._supervisor:
            user, owners = await self._supervisor.as_gateway()
            folder = folder if self._site.config.folder else owners
        log, attempt = self._program.log(mark), self._program.attempt(mark)
        try:
            return gateway_id(shell.spawn(command, env=call.env, cwd=folder, log=log, mark=attempt, user=user))
        except shell.CommandProblem as error:
            raise StepFailed("start-failed", str(error)) from error

    async def exit_code(self, gateway: GatewayId) -> int | None:
        """Wait a moment for the code that it ended with; a gateway's, only the worker that started it ever learns."""
        if self._job.knows(gateway):
            return await self._job.exit_code(gateway)
        pid = process.by_id(gateway).pid
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REAP_SECONDS):
                while (code := shell.exit_code(pid)) is None:  # noqa: ASYNC110  a thread stores it
                    await asyncio.sleep(POLL_SECONDS)
                return code
        return None

    async def output(self, mark: str) -> str:
        """Return the end of a start's output; until it has begun, of the command that migrates before it."""
        for each in (mark, job_mark(mark)):
            if (said := self._program.said(each)) is not None:
                return said
        return await self._supervisor.output() if self._supervisor else ""


def gateway_id(pid: int) -> GatewayId:
    """Return how a process that runs is known from now on."""
    return GatewayId(process.of(pid).id)
