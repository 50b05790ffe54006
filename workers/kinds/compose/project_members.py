"""The members of an instance on its engine: jobs that run once before the gateway, workers that come up after it."""

import time
from typing import Final

from astrolabe.domain.kinds import compose_members, docker
from astrolabe.domain.kinds.compose_isolation import container_of
from astrolabe.domain.kinds.compose_members import Member, Members
from astrolabe.domain.plans.plan import Artifact, Check
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.files import ComposeFiles
from astrolabe.workers.kinds.compose.filled_project import FilledProject
from astrolabe.workers.kinds.compose.healthcheck import ContainerHealthcheck
from astrolabe.workers.kinds.compose.project_commands import ProjectCommands
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.kinds.driver import GatewayId

SETTLED_SECONDS: Final = 2.0
"""How long a program without a healthcheck must have run to be believed: what cannot start ends within moments."""


class ProjectMembers:
    """Starts what runs beside one gateway and looks at it."""

    def __init__(self, engine: Engine, commands: ProjectCommands, found: RunningProject, filled: FilledProject) -> None:
        self._engine: Engine = engine
        self._commands: ProjectCommands = commands
        self._found: RunningProject = found
        self.filled: FilledProject = filled
        self._health: ContainerHealthcheck = ContainerHealthcheck(engine)
        self._since: dict[tuple[str, str], float] = {}

    async def all(self) -> Members:
        """Find the members in what the project says now; raises StepFailed where Compose does not accept it."""
        async with self._commands.refusing():
            services = await self.filled.services()
        return compose_members.members(self._found.project, self._found.image, services)

    async def replaced(self) -> tuple[str, ...]:
        """Name the services whose containers are made anew, the gateway's first."""
        return (await self.all()).replaced(self._found.project)

    async def later(self) -> tuple[str, ...]:
        """Name the services that are started once others are let in."""
        return (await self.all()).later(self._found.project)

    async def containers(self) -> list[Container]:
        """Describe the containers of the gateway and of all members, also those that do not run."""
        services = (self._found.project.service, *(each.service for each in (await self.all()).all))
        return [each for service in services for each in await self._found.containers(service)]

    async def name(self, service: str) -> str:
        """Name the container of a service, or what Compose will call it."""
        found = await self._found.containers(service)
        return found[0].name.removeprefix("/") if found else container_of(self._found.project, service)

    async def next_job(self, mark: str, files: ComposeFiles) -> GatewayId | None:
        """Start the next job of a start, or find it where it was started before; None where all have ended well."""
        for job in (await self.all()).jobs:
            found = await self._found.marked(mark, job.service)
            if len(found) != 1:
                raise StepFailed(
                    "start-failed",
                    f"Compose made {len(found)} containers of {job.service} where one was wanted.",
                    todo="Look at them with `docker ps --all`, remove those that do not belong, then retry.",
                )
            if not _ended_well(found[0]):
                return await self._job(found[0], job, mark, files)
        return None

    async def _job(self, made: Container, job: Member, mark: str, files: ComposeFiles) -> GatewayId:
        if not made.began:
            once = f"{mark}-{job.service}"
            if files.attempted(once):
                raise StepFailed(
                    "start-lost",
                    f"The job {job.service} was started and is gone; a migration is never started twice.",
                    todo="Read what it said, then retry.",
                )
            files.remember(once, made.policy)
            await self._engine.run(docker.restart_policy(self._engine.docker, made.id, "no"))
            await self._commands.run(docker.start_container(self._engine.docker, made.id))
        return GatewayId(made.id)

    async def job_failed(self, mark: str) -> bool:
        """Return whether a job of a start has begun and not ended well; one that still runs may."""
        for job in (await self.all()).jobs:
            for each in await self._found.marked(mark, job.service):
                if each.began and not each.state.running and not _ended_well(each):
                    return True
        return False

    async def before(self, version: str | None) -> Check:
        """Check in preflight that every member is where the gateway is, and can be started in its turn."""
        known, services, project = await self.all(), await self.filled.services(), self._found.project
        lacking = list(compose_members.obstacles(project, known, services))
        active = [each.service for each in known.jobs if await self._runs(each)]
        lacking += [f"the job {each} still runs" for each in active]
        lacking += [said for each in known.workers if (said := await self._unlike(each, version))]
        roles = [f"{each.service} runs once before {project.service}" for each in known.jobs]
        roles += [f"{each.service} comes up after cutover" for each in known.workers]
        others = compose_members.not_run_again(project, known, services)
        roles += [f"{each} is of another image, and not run again" for each in others]
        return Check("members", not lacking, "; ".join(lacking or roles or [f"{project.service} alone"]))

    async def after(self, artifact: Artifact) -> Check:
        """Check that every worker runs at a version, and goes on doing so."""
        workers = (await self.all()).workers
        unwell = [said for each in workers if (said := await self._unlike(each, artifact.version, settled=True))]
        names = ", ".join(each.service for each in workers)
        return Check("members", not unwell, "; ".join(unwell) or f"{names} of {artifact.version} run")

    async def _runs(self, job: Member) -> bool:
        return any(each.state.running for each in await self._found.containers(job.service))

    async def _unlike(self, member: Member, version: str | None, *, settled: bool = False) -> str | None:
        """Say how a worker is not as it should be; None where it is."""
        containers = await self._found.containers(member.service)
        running = [each for each in containers if each.state.running]
        if len(running) != member.containers:
            ended = [f"ended with code {each.state.exit_code}" for each in containers if not each.state.running]
            why = f" ({', '.join(ended)})" if ended else ""
            return f"{member.service} runs in {len(running)} containers of {member.containers}{why}"
        for each in running:
            found = await self._found.version(each)
            if found != version:
                return f"{member.service} is of version {found}, and not of {version}"
            if why := await self._health.unwell(each):
                return f"{member.service} is unwell: {why}"
            if settled and (why := self._unsettled(each)):
                return f"{member.service} {why}"
        return None

    def _unsettled(self, container: Container) -> str | None:
        if container.restart_count:
            return f"ended by itself and was started again {container.restart_count} times"
        if (health := container.state.health) and health.status == "healthy":
            return None
        since = self._since.setdefault((container.id, container.state.started_at), time.monotonic())
        return "has just been started" if time.monotonic() - since < SETTLED_SECONDS else None


def _ended_well(container: Container) -> bool:
    return container.began and not container.state.running and container.state.exit_code == 0
