"""A product's program from a tree: its Node, its words and variables, and where a start leaves traces."""

from functools import cached_property
from pathlib import Path

from msgspec import Struct

from astrolabe.domain.kinds import npx as argv
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Npm
from astrolabe.workers.instance import process
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.node import node_for

LONGEST_OUTPUT = 65_536
LONGEST_BEGINNING = 1 << 20


class Call(Struct, frozen=True):
    """A call of a program."""

    command: tuple[str, ...]
    env: dict[str, str]
    """All variables, secrets too."""


class Program:
    """The program of one instance of kind `npx`, as its versions are called on this host."""

    def __init__(self, site: Site) -> None:
        self._site: Site = site
        self._npm: Npm = site.product.package
        self._needs: dict[Artifact, str | None] = {}

    @cached_property
    def artifacts(self) -> Path:
        """The folder of everything that was pulled."""
        return self._site.host.artifacts()

    @property
    def folder(self) -> Path:
        """The folder that it runs in."""
        site = self._site
        if site.config.folder:
            return Path(site.config.folder)
        user = site.other_user
        return site.host.gateway_folder(site.instance_id, user) if user else site.instance_folder

    def needs(self, artifact: Artifact, node: str | None) -> None:
        """Remember the Node range that a version wants, for as long as its tree is not here to say so."""
        self._needs[artifact] = node

    async def node(self, artifact: Artifact) -> Path:
        """Choose the Node that a version runs on."""
        tree = npm.shelf(self.artifacts, artifact)
        wanted = npm.wants(tree, self._npm.package) if tree.exists() else self._needs.get(artifact)
        return (await node_for(wanted)).program

    async def call(self, artifact: Artifact, args: tuple[str, ...], mark: str = "") -> Call:
        """Compose the call of a version with the product's arguments; a start carries its mark."""
        node, site = await self.node(artifact), self._site
        tree = str(npm.shelf(self.artifacts, artifact))
        env = site.environment()
        own = {process.MARK: self.mark(mark)} if mark else {}
        command = argv.start(str(node), site.product, tree, site.arguments(args))
        return Call(command, {**env, "PATH": f"{node.parent}:{env.get('PATH', '')}", **own})

    def mark(self, mark: str) -> str:
        """Return what the processes of a start carry in their environment."""
        return f"{self._site.instance_id}/{mark}"

    def attempt(self, mark: str) -> Path:
        """Return the file that says that a start was begun."""
        return self._site.instance_folder / f"{mark}.started"

    def code(self, mark: str) -> Path:
        """Return the file that holds the code which a job ended with."""
        return self._site.instance_folder / f"{mark}.code"

    def log(self, mark: str) -> Path:
        """Return the file that a start's output goes to."""
        folder = self._site.instance_folder / "logs"
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder / f"{mark}.log"

    def said_first(self, mark: str) -> str | None:
        """Return the beginning of a start's output; None where there is no such file."""
        try:
            with self.log(mark).open("rb") as file:
                return file.read(LONGEST_BEGINNING).decode("utf-8", "replace")
        except OSError:
            return None

    def said(self, mark: str) -> str | None:
        """Return the end of a start's output; None where there is no such file."""
        try:
            with self.log(mark).open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - LONGEST_OUTPUT))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return None
