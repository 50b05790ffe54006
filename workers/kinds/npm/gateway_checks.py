"""What preflight looks at in an instance of kind `npx`, before anything is touched."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from astrolabe.domain.plans.plan import Check
from astrolabe.domain.upgrades.gateway_differences import ADVICE as HOW_TO_SETTLE
from astrolabe.domain.upgrades.gateway_differences import difference_checks
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import IsolationMeans, Resolved
from astrolabe.workers.kinds.isolation_check import isolation_check
from astrolabe.workers.kinds.npm.node import node_check
from astrolabe.workers.kinds.npm.program import Program
from astrolabe.workers.kinds.npm.running_gateway import compare
from astrolabe.workers.kinds.npm.serving import Serving
from astrolabe.workers.kinds.npm.supervised import starts_under_title
from astrolabe.workers.kinds.npm.worker_processes import WorkerProcesses
from astrolabe.workers.programs.reaching import can_reach

ADVICE: Final[Mapping[str, str]] = {
    **HOW_TO_SETTLE,
    "node": "Give this host a Node.js in that range (ASTROLABE_NODE_BIN), then retry.",
    "isolation": "Give [start] {port} and {database_url}, or {database_name}, or set cutover to at-once; then retry.",
    "user": "Let that user read it, or keep Astrolabe's data (--data) and Node.js where it may, then retry.",
    "members": "Start the workers as the product's file says, of the gateway's version, kept by nobody; then retry.",
    "process": "Register the port that the product listens on, started from an installed package, then retry.",
}
"""What a person may do, by the name of a check."""


class GatewayChecks:
    """Looks at one gateway, at the workers beside it, and at what the host has for each version."""

    def __init__(
        self, site: Site, program: Program, serving: Serving, workers: WorkerProcesses, isolation: IsolationMeans
    ) -> None:
        self._site: Site = site
        self._program: Program = program
        self._serving: Serving = serving
        self._workers: WorkerProcesses = workers
        self._isolation: IsolationMeans = isolation

    async def all(self, legs: Sequence[Resolved]) -> list[Check]:
        """Check each package's Node, that others can be kept out, and that the gateway runs as it would be started."""
        nodes = [await node_check(each) for each in dict.fromkeys(leg.needs for leg in legs)]
        isolation = isolation_check(self._site.config, _lacking(self._isolation))
        running = self._serving.running() if self._site.product.workers else None
        workers = await self._workers.before(running and running.version)
        members = [workers] if workers else []
        return [*nodes, isolation, *members, *await self._compared(), *await self._reached_by_its_user(legs)]

    async def _reached_by_its_user(self, legs: Sequence[Resolved]) -> list[Check]:
        """Check that whom it runs as can run there what would be started."""
        user = self._serving.user()
        if user is None or os.geteuid() != 0 or user.uid == 0:
            return []
        places = [*dict.fromkeys([await self._program.node(leg.artifact) for leg in legs]), self._program.artifacts]
        closed = [str(each) for each in places if not await can_reach(user, each)]
        hidden = f", who may not pass to {', '.join(closed)}" if closed else ""
        return [Check("user", not closed, f"it runs as {user.name}{hidden}")]

    async def _compared(self) -> list[Check]:
        config = self._site.config
        if (found := self._serving.found()) is None:
            return []
        if (starts := await starts_under_title(found, self._site.instance_folder)) is not None:
            found = replace(found, argv=starts.command)
        return list(difference_checks(compare(self._site, found, self._program.folder), config))


def _lacking(means: IsolationMeans) -> list[str]:
    lacking = [what for what, has in (("port", means.port), ("database", means.database)) if not has]
    return [f"the product file does not set the {each}" for each in lacking]
