"""The files of a compose project: the user's, which are only read, and those of ours that come after them."""

from pathlib import Path

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds.compose_members import Members
from astrolabe.domain.kinds.image_parts import pinned
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Image
from astrolabe.store.whole_file import write
from astrolabe.workers.instance.site import Site


class ComposeFiles:
    """Begins Compose's commands on one instance's project, and keeps what its starts must not forget."""

    def __init__(self, site: Site, project: ComposeProject, image: Image, docker: str) -> None:
        self._site: Site = site
        self._project: ComposeProject = project
        self._image: Image = image
        self._docker: str = docker
        self.override: Path = Path(argv.override_file(str(site.instance_folder)))

    def begun(self, *overrides: Path) -> tuple[str, ...]:
        """Begin a command on the project."""
        return argv.compose(self._docker, self._project, *map(str, overrides))

    def pinned(self, artifact: Artifact, mark: str, members: Members, network: str | None = None) -> tuple[str, ...]:
        """Begin a command on the project with the members' image pinned, for one start, on a network of its own."""
        ports = (self._private_port(),) if self._site.on_private_port and self._site.config.port else ()
        siblings = pinned(self._image, artifact)
        added = argv.Override(mark=self.label(mark), ports=ports, network=network, members=members, siblings=siblings)
        return self._overridden(self.override, artifact, added)

    def pulled(self, artifact: Artifact) -> tuple[str, ...]:
        """Begin a command on the project with the image that is to be pulled; what runs is not touched by that."""
        return self._overridden(self._site.instance_folder / "pull.yaml", artifact, argv.IMAGE_ALONE)

    def _overridden(self, path: Path, artifact: Artifact, added: argv.Override) -> tuple[str, ...]:
        content = argv.override(self._project, pinned(self._image, artifact)[self._image.repository], added)
        write(path, content, lasting=True, private=True)
        return self.begun(path)

    def label(self, mark: str) -> str:
        """Name a start among those of all instances."""
        return argv.label(self._site.instance_id, mark)

    def attempted(self, mark: str) -> bool:
        """Return whether a start was ever prepared."""
        return self._attempt(mark).exists()

    def remember(self, mark: str, policy: str) -> None:
        """Keep that a start is prepared, and the restart policy that the project wants; the first to say so holds."""
        if not self.attempted(mark):
            write(self._attempt(mark), policy.encode(), lasting=True, private=True)

    def policy(self, mark: str) -> str:
        """Return the restart policy that the project wants."""
        return self._attempt(mark).read_text()

    def _attempt(self, mark: str) -> Path:
        return self._site.instance_folder / f"{mark}.started"

    def _private_port(self) -> dict[str, object]:
        config = self._site.config
        return {
            "target": self._image.port,
            "host_ip": config.address,
            "published": str(config.port),
            "mode": "ingress",
        }
