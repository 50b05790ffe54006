"""The gateway that serves: which process it is, and which version its tree holds."""

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.instance import process
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import GatewayId, Running
from astrolabe.workers.kinds.npm.own_processes import OwnProcesses


class Serving:
    """Finds what serves an instance of kind `npx`, whoever started it."""

    def __init__(self, site: Site, own: OwnProcesses) -> None:
        self._port: int | None = site.config.port
        self._package: str = site.product.package.package
        self._own: OwnProcesses = own

    def found(self) -> GatewayProcess | None:
        """Find what listens on the instance's port, or does its work without one."""
        if self._port:
            return process.listener(self._port)
        return next((each.process for each in self._own.gateways()), None)

    def running(self) -> Running | None:
        """Describe what serves; None where nothing does."""
        found = self.found()
        return self.described(found) if found else None

    def described(self, found: GatewayProcess) -> Running:
        """Describe a process; its version is None where it does not run from a tree of the package."""
        tree = found.tree(self._package)
        version = process.package_version(tree, self._package) if tree else None
        seen = f"process {found.pid} {'runs' if version else 'does not run'} {self._package}: {found.program}"
        gateways = frozenset(map(GatewayId, (found.id, *found.ancestors())))
        if self._port is None and len(others := self._own.gateways()) > 1:
            return Running(seen, None, gateways, f"{len(others)} processes of it work on one database")
        return Running(seen, version, gateways)

    def of_version(self, version: str) -> GatewayProcess | None:
        """Find what serves where it is of a version."""
        found = self.found()
        return found if found and self.described(found).version == version else None

    def user(self) -> ProcessUser | None:
        """Return whom the gateway runs as; None where nothing of it does."""
        found = self.found()
        return process.user_of(found.pid) if found and self.described(found).version else None
