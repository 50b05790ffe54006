"""The `cli` driver: a command line that npm installs globally; nothing serves, so nothing is stopped or probed."""
# Where there is nothing to do, what a driver is given is of no use.
# ruff: noqa: ARG002
# pyright: reportUnusedParameter=false

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from astrolabe.domain.kinds import cli as argv
from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Artifact, Check, PlannedCommand
from astrolabe.domain.products.product import Npm
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.doctor import DOCTOR_SECONDS, doctor_answer
from astrolabe.workers.kinds.driver import Following, GatewayId, IsolationMeans, OnFetch, Resolved, Running
from astrolabe.workers.kinds.npm import cache as npm_cache
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm import prefix as npm_prefix
from astrolabe.workers.kinds.npm.facts import npm_facts
from astrolabe.workers.kinds.npm.node import node_check, node_for
from astrolabe.workers.kinds.npm.trying import try_tree
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.command import Finished
from astrolabe.workers.programs.environment import inherited

ASK_SECONDS = 60.0
LONGEST = 300
HEADROOM = 2.0
"""How much more room than its files an installation may take: the old version goes only when the new one is there."""

VERSION = re.compile(r"(?<![0-9.])\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
ADVICE = {
    "node": "Give this host a Node.js in that range (ASTROLABE_NODE_BIN), then retry.",
    "prefix": "Run the worker as the user who owns the prefix, or register the instance with another, then retry.",
    "process": "Install the product's package into the prefix with npm, then retry.",
}


class CliDriver:
    """Acts on one instance of kind `cli`: one package in one prefix of this host."""

    database: None = None
    advice: Mapping[str, str] = ADVICE
    tags_move: bool = False
    isolation: IsolationMeans = IsolationMeans(complete=True)

    def __init__(self, site: Site) -> None:
        self._site: Site = site
        self._npm: Npm = site.product.package

    @cached_property
    def _artifacts(self) -> Path:
        return self._site.host.artifacts()

    async def resolve(self, version: str) -> Resolved:
        """Find the exact artifact of a version or of `latest`, and the Node range it wants."""
        return Resolved(*await npm.view(self._npm, version))

    async def held(self, version: str) -> Artifact | None:
        """Return what the tree of a version on this host was pulled as."""
        return npm.held(self._artifacts, self._npm.package, version)

    async def checks(self, legs: Sequence[Resolved]) -> list[Check]:
        """Check Node, and that npm may write into the prefix."""
        prefix = Path(await self._prefix())
        folders = [folder for folder in (prefix, prefix / "bin", prefix / "lib" / "node_modules") if folder.exists()]
        locked = [str(folder) for folder in folders if not os.access(folder, os.W_OK)]
        seen = f"may write into {prefix}" if not locked else f"may not write into {', '.join(locked)}"
        return [
            *[await node_check(each) for each in dict.fromkeys(leg.needs for leg in legs)],
            Check("prefix", not locked, seen),
        ]

    async def commands(
        self, old: Artifact, legs: Sequence[Artifact], database: DatabaseFacts
    ) -> Iterable[PlannedCommand]:
        """Plan what is asked, fetched, and installed in the place of the old version."""
        facts = await npm_facts(self._artifacts, (old, *legs), self.has, database, await self._prefix())
        return argv.plan(self._site.config, self._site.product, [each.version for each in (old, *legs)], facts)

    async def running(self) -> Running | None:
        """Find what is installed, by asking the command itself."""
        prefix = await self._prefix()
        command = Path(argv.program(prefix, self._npm))
        if not os.path.lexists(command):
            return None
        if not command.resolve().is_relative_to(self._package(prefix).resolve()):
            return Running(f"{command} is not the command of {self._npm.package}", None, frozenset())
        ended = await self._ask(command, argv.VERSION, ASK_SECONDS)
        if isinstance(ended, str):
            return Running(f"{command} does not say its version: {ended}", None, frozenset())
        said = VERSION.search(ended.stdout) if ended.returncode == 0 else None
        if said is None:
            printed = " ".join((ended.stdout + ended.stderr).split())[:LONGEST]
            return Running(f"{command} does not say its version, but: {printed}", None, frozenset())
        return Running(f"{command} says that it is {said[0]}", said[0], frozenset({GatewayId(prefix)}))

    async def supervision(self) -> None:
        """Return None: what is installed does not run."""

    async def runs_as(self) -> None:
        """Return None: nothing of it goes on running."""

    async def has(self, artifact: Artifact) -> bool:
        """Return whether an artifact is on this host, with all that npm needs to install it once more."""
        return npm.has_tree(self._artifacts, artifact) and await npm_cache.holds(npm.shelf(self._artifacts, artifact))

    async def pull(self, artifact: Artifact, on_fetch: OnFetch) -> None:
        """Install an artifact apart from the prefix, which proves it and leaves all of it in npm's cache."""
        if not await self.has(artifact):
            owner, node = self._site.instance_id, await self._node(artifact)
            await npm.install(self._npm, artifact, self._artifacts, owner, on_fetch, node=node)

    async def prove(self, artifact: Artifact, /) -> None:
        """Load the command, apart from the prefix and with nothing that it could touch."""
        tree = npm.shelf(self._artifacts, artifact)
        await try_tree(self._site.product, artifact, tree, await self._node(artifact))

    async def _node(self, artifact: Artifact) -> Path:
        return (await node_for(npm.wants(npm.shelf(self._artifacts, artifact), self._npm.package))).program

    async def started(self, mark: str) -> GatewayId | None:
        """Find nothing: an installation that a worker before us did not finish is made again."""
        return None

    async def was_started(self, mark: str) -> bool:
        """Return False: an installation may be repeated."""
        return False

    async def next_job(self, _artifact: Artifact, _mark: str, /) -> None:
        """Return None: the gateway migrates by itself."""

    async def start(self, artifact: Artifact, mark: str) -> GatewayId:
        """Install an artifact in the place of another, unless it is there, and see that it is what the plan names."""
        prefix = await self._prefix()
        running = await self.running()
        if running is None or running.version != artifact.version or not await self._holds(prefix, artifact):
            await self._install(prefix, artifact)
            running = await self.running()
        if running is None or running.version != artifact.version:
            raise StepFailed(
                "wrong-version",
                f"{artifact.name} is installed, and {running.seen if running else 'its command is not there'}.",
                todo="Report it to whoever publishes it; ask for another version.",
            )
        return GatewayId(prefix)

    async def _install(self, prefix: str, artifact: Artifact) -> None:
        # Where the disk fills up, npm leaves empty files in the place of what was there.
        needed = await asyncio.to_thread(npm.size_of, npm.shelf(self._artifacts, artifact))
        free = shutil.disk_usage(prefix).free
        if free < needed * HEADROOM:
            raise StepFailed(
                "no-space",
                f"{artifact.name} needs {needed:,} bytes in {prefix}, and {free:,} are free; nothing was replaced.",
                todo="Free some space, then retry.",
            )
        await asyncio.to_thread(npm_prefix.clear, prefix, self._npm)
        command = argv.install(tools.npm(), self._npm, artifact.version, prefix)
        await npm.carry_out(command, artifact)
        if not await self._holds(prefix, artifact):
            raise npm.wrong_artifact(artifact, [f"{self._package(prefix)} differs from what was proven in the pull"])

    async def _holds(self, prefix: str, artifact: Artifact) -> bool:
        proven = npm.shelf(self._artifacts, artifact) / "node_modules" / self._npm.package
        return await asyncio.to_thread(npm.same_files, proven, self._package(prefix))

    async def start_workers(self, _artifact: Artifact, _mark: str, /) -> None:
        """Do nothing: nothing works beside it."""

    async def put_back(self, artifact: Artifact, mark: str, /) -> GatewayId:
        """Start the old version as any other, or find it started."""
        return await self.started(mark) or await self.start(artifact, mark)

    def own_probe(self) -> None:
        """Return None: it serves nobody."""

    def fence(self, _port: int | None, _marks: str, /) -> None:
        """Return None: it serves nobody."""

    async def isolate(self) -> None:
        """Nothing is served, so nobody can get in."""

    async def end_isolation(self) -> None:
        """Nobody was kept out."""

    async def where(self) -> None:
        """Return None: it answers nowhere."""

    async def reached(self) -> None:
        """Return None: nobody reaches it."""

    async def close(self) -> None:
        """End nothing: nothing serves."""

    async def let_in(self, artifact: Artifact, _apart: str, mark: str, /) -> GatewayId:
        """Leave what is installed as it is: whoever types the command has it already."""
        return GatewayId(await self._prefix())

    async def leave(self, artifact: Artifact, _mark: str, /, *, old: bool) -> Sequence[HandCommand]:
        """Return what installs an artifact by hand; nothing keeps a command line running."""
        command = argv.install(tools.npm(), self._npm, artifact.version, await self._prefix())
        return [HandCommand(f"installs {artifact.name} {artifact.version}", shlex.join(command))]

    async def settle(self, _mark: str, /) -> None:
        """Leave what is installed as it is."""

    async def alive(self, gateway: GatewayId) -> bool:
        """Return True: what is installed stays."""
        return True

    async def exit_code(self, gateway: GatewayId) -> int | None:
        """Return None: what is installed does not end."""
        return None

    async def output(self, mark: str) -> str:
        """Return no lines: what npm said of a failure stands in the failure."""
        return ""

    async def stop_all(self, _following: Following | None = None, /) -> None:
        """Stop nothing: nothing serves."""

    async def ended(self) -> bool:
        """Return False: once its processes have ended, there is nothing left to be done."""
        return False

    async def mounts(self) -> None:
        """Return None: it has no containers."""

    async def members(self, _artifact: Artifact, /) -> None:
        """Return None: nothing runs beside it."""

    async def healthcheck(self) -> None:
        """Return None: it serves nobody."""

    async def doctor(self, artifact: Artifact) -> tuple[bool, str] | None:
        """Run the product's own check; None where it has none."""
        doctor = self._site.product.doctor
        if doctor is None:
            return None
        command = Path(argv.program(await self._prefix(), self._npm))
        ended = await self._ask(command, self._site.arguments(doctor.args), DOCTOR_SECONDS)
        if isinstance(ended, str):
            return False, ended
        return doctor_answer(ended.returncode, ended.stdout + ended.stderr)

    async def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List nothing: there is nothing to migrate."""
        return None

    async def _ask(self, command: Path, args: Sequence[str], deadline: float) -> Finished | str:
        env = self._site.environment()
        # The user's own Node first, as in the user's shell; ours where there is none.
        path = os.pathsep.join(filter(None, (env.get("PATH"), str(tools.node().parent))))
        try:
            return await shell.run(
                [command, *args],
                env={**env, "PATH": path},
                deadline=deadline,
                secrets=self._site.secrets,
                check=False,
            )
        except shell.CommandProblem as error:
            return str(error)

    def _package(self, prefix: str) -> Path:
        return Path(prefix, "lib", "node_modules", self._npm.package)

    async def _prefix(self) -> str:
        return self._site.config.prefix or await _users_prefix()


async def _users_prefix() -> str:
    """Ask the npm that the worker's user would have typed where it installs to."""
    words = [found] if (found := shutil.which("npm")) else tools.npm()
    ended = await shell.run([*words, "prefix", "--global"], env=inherited(), deadline=ASK_SECONDS)
    return ended.stdout.strip()
