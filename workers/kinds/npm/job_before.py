"""The job before a gateway's start: a command of the product's that migrates, run to its end once for each start."""

import asyncio
import contextlib
from typing import Final

from astrolabe.domain.plans.plan import Artifact
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.kinds.npm.own_processes import job_mark
from astrolabe.workers.kinds.npm.program import Program
from astrolabe.workers.kinds.npm.supervised import SupervisedGateway
from astrolabe.workers.programs import shell

CODE_SECONDS: Final = 0.5
"""How long after its end the code of a job may take to be written."""

POLL_SECONDS: Final = 0.02


class JobBefore:
    """What `[start] before` of a product names, for one instance of kind `npx`."""

    def __init__(self, site: Site, program: Program) -> None:
        self._site: Site = site
        self._program: Program = program
        self._marks: dict[GatewayId, str] = {}

    async def next(self, artifact: Artifact, mark: str, supervisor: SupervisedGateway | None) -> GatewayId | None:
        """Begin the job of a start, or find it where it still runs; None where it has ended well, or there is none.

        Raises StepFailed where it was begun, and neither runs nor has ended well.
        """
        if not self._site.product.start.before:
            return None
        job = job_mark(mark)
        if running := process.marked(self._program.mark(job)):
            return self._known(running.id, job)
        if not self._program.attempt(job).exists():
            return self._known(process.of(await self._begin(artifact, job, supervisor)).id, job)
        if (code := self._code(job)) == 0:
            return None
        ended = "is gone" if code is None else f"ended with code {code}"
        raise StepFailed(
            "start-lost",
            f"The command before the start was begun and {ended}; a migration is never started twice.",
            seen=(self._program.said(job) or "").splitlines(),
            todo="Read what it said, then retry.",
        )

    async def _begin(self, artifact: Artifact, job: str, supervisor: SupervisedGateway | None) -> int:
        call, folder = await self._program.call(artifact, self._site.product.start.before, job), self._program.folder
        user = self._site.user
        if supervisor:
            user, owners = await supervisor.as_gateway()
            folder = folder if self._site.config.folder else owners
        log, attempt, code = self._program.log(job), self._program.attempt(job), self._program.code(job)
        try:
            return shell.spawn(call.command, env=call.env, cwd=folder, log=log, mark=attempt, user=user, code=code)
        except shell.CommandProblem as error:
            raise StepFailed("start-failed", str(error)) from error

    def _known(self, process_id: str, job: str) -> GatewayId:
        known = GatewayId(process_id)
        self._marks[known] = job
        return known

    def knows(self, job: GatewayId) -> bool:
        """Return whether this is a job, and no gateway."""
        return job in self._marks

    async def exit_code(self, job: GatewayId) -> int | None:
        """Return the code that a job ended with, whichever worker began it; None where it was ended from outside."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CODE_SECONDS):
                while (code := self._code(self._marks[job])) is None:  # noqa: ASYNC110  its shell writes it
                    await asyncio.sleep(POLL_SECONDS)
                return code
        return None

    def _code(self, job: str) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int(self._program.code(job).read_text("ascii"))
        return None
