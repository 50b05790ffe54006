"""What only the inside of containers and images knows: the product's own check, and the migrations that it brings."""

from pathlib import Path

from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.image_parts import exact
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Image
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose import images
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.kinds.doctor import DOCTOR_SECONDS, doctor_answer
from astrolabe.workers.programs import shell


class ImageInside:
    """Looks into the product's containers and images."""

    def __init__(self, site: Site, image: Image, engine: Engine, found: RunningProject) -> None:
        self._site: Site = site
        self._image: Image = image
        self._engine: Engine = engine
        self._found: RunningProject = found

    async def doctor(self) -> tuple[bool, str] | None:
        """Run the product's own check inside the gateway's container; None where it has none."""
        doctor = self._site.product.doctor
        if doctor is None:
            return None
        running = [each.id for each in await self._found.containers() if each.state.running]
        if not running:
            return False, f"no container of {self._found.project.service} runs"
        command = docker.execute(self._engine.docker, running[0], (*self._image.command, *doctor.args))
        said: list[str] = []
        try:
            await self._engine.run(command, deadline=DOCTOR_SECONDS, on_line=said.append)
        except shell.CommandFailed as error:
            return doctor_answer(error.returncode, " ".join(said))
        except shell.CommandProblem as error:
            return False, str(error)
        return doctor_answer(0, " ".join(said))

    async def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List the migrations that an image brings, by the names they get in the database."""
        migrations, folder = self._site.product.migrations, self._image.folder
        if migrations is None or migrations.files is None or folder is None:
            return None
        image = exact(self._image, artifact)[self._image.repository]
        if await self._engine.image(image) is None:
            return None
        files = await images.files(
            self._engine,
            image,
            f"{folder}/{migrations.files}",
            self._site.host.artifacts(),
            self._site.instance_id,
        )
        return None if files is None else sorted(migrations.prefix + Path(each).stem for each in files)
