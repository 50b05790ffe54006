"""The processes beside a gateway that `[[workers]]` of a product names, started once others are let in."""

import time
from collections.abc import Mapping
from typing import Final

from astrolabe.domain.plans.plan import Artifact, Check
from astrolabe.domain.words import Version
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.site import Site
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.kinds.npm.own_processes import OwnProcesses, worker_mark
from astrolabe.workers.kinds.npm.program import Program
from astrolabe.workers.kinds.npm.supervised import SupervisedGateway
from astrolabe.workers.programs import shell

SETTLED_SECONDS: Final = 2.0
"""For how long a worker must run until it is seen to go on."""


class WorkerProcesses:
    """The workers of one instance of kind `npx`: each runs in one process."""

    def __init__(self, site: Site, program: Program, own: OwnProcesses) -> None:
        self._site: Site = site
        self._program: Program = program
        self._own: OwnProcesses = own

    async def start(self, artifact: Artifact, mark: str, supervisor: SupervisedGateway | None) -> None:
        """Start those that this start has not brought up yet, as the gateway's user and in its folder."""
        for each in self._site.product.workers:
            name = worker_mark(mark, each.name)
            if process.marked(self._program.mark(name)):
                continue
            call, folder = await self._program.call(artifact, each.args, name), self._program.folder
            user = self._site.user
            if supervisor:
                user, owners = await supervisor.as_gateway()
                folder = folder if self._site.config.folder else owners
            try:
                shell.spawn(call.command, env=call.env, cwd=folder, log=self._program.log(name), user=user)
            except shell.CommandProblem as error:
                raise StepFailed("start-failed", str(error)) from error

    async def end(self) -> None:
        """End all that run, whoever started them."""
        for found in self._running().values():
            for each in found:
                await process.end(each)

    async def before(self, version: Version | None) -> Check | None:
        """Check in preflight that each runs beside the gateway and would stay ended; None where there are none."""
        if not (workers := self._site.product.workers):
            return None
        running = self._running()
        lacking = [said for name, found in running.items() if (said := self._unlike(name, found, version))]
        for name, found in running.items():
            for each in found:
                kept = await detect(each.pid, self._site.secrets)
                if kept.supervisor or not kept.ok:
                    lacking.append(f"{name} would be started again by somebody else: {kept.seen}")
        roles = "; ".join(f"{each.name} comes up after cutover" for each in workers)
        return Check("members", not lacking, "; ".join(lacking) or roles)

    def after(self, version: Version) -> Check | None:
        """Check that each runs at a version, and goes on doing so; None where there are none."""
        if not self._site.product.workers:
            return None
        running = self._running()
        unwell = [said for name, found in running.items() if (said := self._unlike(name, found, version, settled=True))]
        return Check("members", not unwell, "; ".join(unwell) or f"{', '.join(running)} of {version} run")

    def _running(self) -> Mapping[str, list[GatewayProcess]]:
        if not (workers := self._site.product.workers):
            return {}
        found = self._own.all()
        return {each.name: [own.process for own in found if own.role == each.name] for each in workers}

    def _unlike(
        self, name: str, found: list[GatewayProcess], version: Version | None, *, settled: bool = False
    ) -> str | None:
        """Say how a worker is not as it should be; None where it is."""
        if len(found) != 1:
            return f"{name} runs in {len(found)} processes, and not in one"
        package, (only,) = self._site.product.package.package, found
        tree = only.tree(package)
        seen = process.package_version(tree, package) if tree else None
        if seen != version:
            return f"{name} is of version {seen}, and not of {version}"
        return f"{name} has just been started" if settled and time.time() - only.created < SETTLED_SECONDS else None
