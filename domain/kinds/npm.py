"""npm's commands, shared by the kinds whose product is an npm package."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.product import Npm
from astrolabe.domain.supervision.supervisor import SupervisorId
from astrolabe.domain.words import Version

FIELDS = ("name", "version", "dist", "bin", "repository", "engines", "deprecated", "_npmUser")

WHATEVER_NPMRC_SAYS = ("--no-dry-run", "--no-package-lock-only", "--no-workspaces", "--bin-links")
"""A user's own habits must not leave a tree without its program, or without anything."""

IN_THE_FOLDER = ("--no-global", "--location=project")
"""Either alone leaves the other's line in an npmrc in force."""


class NpmFacts(Struct, frozen=True, kw_only=True):
    """What a worker knows of its host; each default says what is not known yet as a person would write it."""

    node: str = "node"
    npm: tuple[str, ...] = ("npm",)
    nodes: dict[Version, str] = {}
    """The Node.js that each version runs on, where that is known."""
    trees: dict[Version, str] = {}
    """The folder of each version's tree."""
    present: frozenset[Version] = frozenset()
    """The versions that are on the host already."""
    prefix: str | None = None
    """Where npm installs command lines, where the instance does not say it."""
    database: DatabaseFacts = DatabaseFacts()
    supervisor: SupervisorId | None = None
    """Who keeps the gateway running, by whose commands it is stopped and started."""

    def node_of(self, version: Version) -> str:
        """Return the Node.js that a version runs on."""
        return self.nodes.get(version, self.node)

    def tree(self, package: Npm, version: Version) -> str:
        """Return the folder of a version's tree."""
        return self.trees.get(version) or f"$ASTROLABE_DATA/artifacts/{package.package}/{version}"


def view(npm: Sequence[str], package: Npm, version: str) -> tuple[str, ...]:
    """Ask the registry what a version or a tag is."""
    return (*npm, "view", f"{package.package}@{version}", *FIELDS, "--json", *_registry(package))


def install(npm: Sequence[str], package: Npm, version: str, folder: str) -> tuple[str, ...]:
    """Install an exact version into a folder of its own, so that starting it downloads nothing."""
    return (*npm, "install", *IN_THE_FOLDER, "--prefix", folder, *exactly(package, version), "--save-exact")


def exactly(package: Npm, version: str) -> tuple[str, ...]:
    """Say what npm is to install, from where, and with nothing that was not asked for."""
    scripts = "--no-ignore-scripts" if package.scripts else "--ignore-scripts"
    quiet = ("--no-audit", "--no-fund", "--omit=dev")
    return (f"{package.package}@{version}", scripts, *quiet, *WHATEVER_NPMRC_SAYS, *_registry(package))


def plan_views(package: Npm, versions: Sequence[Version], facts: NpmFacts) -> Iterator[PlannedCommand]:
    """Plan what preflight asks the registry."""
    return (PlannedCommand("preflight", view(facts.npm, package, each)) for each in versions)


def plan_pulls(package: Npm, versions: Sequence[Version], facts: NpmFacts) -> Iterator[PlannedCommand]:
    """Plan the trees that are to be installed on the host."""
    return (
        PlannedCommand("pull", install(facts.npm, package, each, facts.tree(package, each)))
        for each in versions
        if each not in facts.present
    )


def _registry(package: Npm) -> tuple[str, ...]:
    if package.registry is None:
        return ()
    scope, slash, _ = package.package.partition("/")
    # A scope's registry in the user's npmrc would win over --registry.
    own = (f"--{scope}:registry={package.registry}",) if slash else ()
    return ("--registry", package.registry, *own)
