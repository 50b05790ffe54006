"""The `npx` driver: Node trees pulled beforehand, and a gateway process that outlives the worker."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from domain.drivers import npx as argv
from domain.plan import Artifact
from domain.product import Product
from workers import npm, process, shell, tools
from workers.failure import StepFailed
from workers.process import Process
from workers.site import Site

DOCTOR_SECONDS = 120.0


class Running(Struct, frozen=True):
    """What listens on the instance's port now; the version is None where that is not the product at all."""

    process: Process
    version: str | None


class NpxDriver:
    """Acts on one instance of kind `npx` on this host."""

    def __init__(self, site: Site) -> None:
        self._site: Site = site
        self._artifacts: Path = site.host.artifacts()

    async def resolve(self, version: str) -> tuple[Artifact, str | None]:
        """Find the exact artifact of a version or of `latest`, and the Node range it wants."""
        return await npm.view(self._site.product.npm, version)

    def running(self) -> Running | None:
        """Find what listens on the instance's port, and which version its tree holds."""
        found = process.listener(self._site.config.port)
        if found is None:
            return None
        package = self._site.product.npm.package
        tree = found.tree(package)
        return Running(found, process.package_version(tree, package) if tree else None)

    def has(self, artifact: Artifact) -> bool:
        """Tell whether an artifact is on this host."""
        return npm.has_tree(self._artifacts, artifact)

    async def pull(self, artifact: Artifact, on_fetch: Callable[[int], None]) -> None:
        """Bring an artifact to this host; one that is here is left as it is."""
        if not self.has(artifact):
            await npm.install(self._site.product.npm, artifact, self._artifacts, self._site.instance_id, on_fetch)

    def started(self, mark: str) -> Process | None:
        """Find the process of a start, in this worker's life or an earlier one's."""
        return process.marked(self._mark(mark))

    def was_started(self, mark: str) -> bool:
        """Tell whether the program of a start ever began: a migration that may have begun must never be forgotten."""
        return self._attempt(mark).exists()

    def start(self, artifact: Artifact, mark: str) -> Process:
        """Start the gateway from an artifact; it outlives this worker."""
        if holder := process.listener(self._site.config.port):
            raise StepFailed(
                "port-taken",
                f"Port {self._site.config.port} is taken by process {holder.pid}.",
                seen=[holder.program],
                todo="End that process or give the instance another port, then retry.",
            )
        command = argv.start(*self._program(artifact), self._site.arguments(self._site.product.start.args))
        room, attempt = self._site.room, self._attempt(mark)
        try:
            pid = shell.spawn(command, env=self._environment(mark), cwd=room, log=self.log(mark), mark=attempt)
        except shell.CommandProblem as error:
            raise StepFailed("start-failed", str(error)) from error
        return process.of(pid)

    async def stop(self, found: Process) -> None:
        """End a gateway's process and wait until it is gone."""
        await process.end(found)

    async def stop_all(self) -> None:
        """End every process of this instance, and wait until they are gone; never a stranger who took the port."""
        running = self.running()
        if running and running.version:
            await self.stop(running.process)
        # One that a worker before us told to end may still be at it, and listens no more.
        for left in process.marked_by({self._site.instance_id}, str(self._site.host.folder)):
            await self.stop(left)

    async def doctor(self, artifact: Artifact) -> tuple[bool, str] | None:
        """Run the product's own check; None where it has none."""
        doctor = self._site.product.doctor
        if doctor is None:
            return None
        command = argv.start(*self._program(artifact), self._site.arguments(doctor.args))
        try:
            ended = await shell.run(
                command, env=self._environment(""), deadline=DOCTOR_SECONDS, secrets=self._site.secrets, check=False
            )
        except shell.CommandProblem as error:
            return False, str(error)
        return ended.returncode == 0, f"ended with code {ended.returncode}: {(ended.stdout + ended.stderr).strip()}"

    def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List the migrations that an artifact brings, by the names they get in the database."""
        migrations = self._site.product.migrations
        if migrations is None or migrations.files is None:
            return None
        package = npm.shelf(self._artifacts, artifact) / "node_modules" / self._site.product.npm.package
        return sorted(migrations.prefix + path.stem for path in package.glob(migrations.files))

    def log(self, mark: str) -> Path:
        """Give the file that a start's output goes to."""
        folder = self._site.room / "logs"
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder / f"{mark}.log"

    def _program(self, artifact: Artifact) -> tuple[str, Product, str]:
        return str(tools.node()), self._site.product, str(npm.shelf(self._artifacts, artifact))

    def _mark(self, mark: str) -> str:
        return f"{self._site.instance_id}/{mark}"

    def _attempt(self, mark: str) -> Path:
        return self._site.room / f"{mark}.started"

    def _environment(self, mark: str) -> dict[str, str]:
        env = self._site.environment()
        own = {process.MARK: self._mark(mark)} if mark else {}
        return {**env, "PATH": f"{tools.node().parent}:{env.get('PATH', '')}", **own}
