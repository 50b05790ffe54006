"""The trees of an instance's versions: found in the registry, brought to this host, and proven to load."""

from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Npm
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import OnFetch, Resolved
from astrolabe.workers.kinds.npm import npm, running_tree
from astrolabe.workers.kinds.npm.program import Program
from astrolabe.workers.kinds.npm.serving import Serving
from astrolabe.workers.kinds.npm.trying import try_tree


class Trees:
    """Brings the versions of one instance's package to this host."""

    def __init__(self, site: Site, program: Program, serving: Serving) -> None:
        self._site: Site = site
        self._npm: Npm = site.product.package
        self._program: Program = program
        self._serving: Serving = serving

    async def resolve(self, version: str) -> Resolved:
        """Find the exact artifact of a version or of `latest`, and the Node range it wants."""
        resolved = Resolved(*await npm.view(self._npm, version))
        self._program.needs(resolved.artifact, resolved.needs)
        return resolved

    def held(self, version: str) -> Artifact | None:
        """Return what the tree of a version on this host was pulled as."""
        return npm.held(self._program.artifacts, self._npm.package, version)

    def has(self, artifact: Artifact) -> bool:
        """Return whether an artifact is on this host."""
        return npm.has_tree(self._program.artifacts, artifact)

    async def pull(self, artifact: Artifact, on_fetch: OnFetch) -> str | None:
        """Copy the tree that runs where it is proven, or install an artifact; one that is here is left as it is."""
        if self.has(artifact):
            return None
        owner, why = self._site.instance_id, None
        found = self._serving.of_version(artifact.version)
        if found and (tree := found.tree(self._npm.package)):
            try:
                async with npm.shelving(artifact, self._program.artifacts, owner) as folder:
                    packages = await running_tree.copy(tree, artifact, folder, on_fetch, scripts=self._npm.scripts)
            except running_tree.Unproven as unproven:
                why = f"{artifact.name} is installed anew, though it runs: {unproven}"
            else:
                return (
                    f"{artifact.name} was copied from {tree}, where it runs: each of its {packages} packages is proven"
                )
        node = await self._program.node(artifact)
        await npm.install(self._npm, artifact, self._program.artifacts, owner, on_fetch, node=node)
        return why

    async def prove(self, artifact: Artifact) -> None:
        """Load the program of a tree, with nothing that it could touch; one that serves from there is proof enough."""
        tree = npm.shelf(self._program.artifacts, artifact)
        running = self._serving.found()
        if running and running.tree(self._npm.package) == tree:
            return
        node = await self._program.node(artifact)
        await try_tree(self._site.product, artifact, tree, node, self._site.other_user)

    def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List the migrations that an artifact brings, by the names they get in the database."""
        migrations = self._site.product.migrations
        if migrations is None or migrations.files is None:
            return None
        package = npm.shelf(self._program.artifacts, artifact) / "node_modules" / self._npm.package
        return sorted(migrations.prefix + path.stem for path in package.glob(migrations.files))
