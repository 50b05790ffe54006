"""The processes of one instance of kind `npx`: known by the start they came from, or by their package and database."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Final

import psutil
from msgspec import Struct

from astrolabe.workers.instance import process
from astrolabe.workers.instance.connection_string import ConnectionString, connection_string
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.site import Site

GATEWAY: Final = "gateway"
"""The role of what serves, or does the work of a product without a port."""

BEFORE: Final = "before"
"""The role of the command that migrates before a start."""

DOCTOR: Final = "doctor"
"""The role of the product's own check."""

LOOK_SECONDS: Final = 0.2
"""How long it is believed that nothing runs, or only begins: to find out, every process of the host is looked at."""


class Own(Struct, frozen=True):
    """A process of an instance, and what it does."""

    process: GatewayProcess
    role: str
    """`gateway`, `before`, `doctor`, or the name of a worker."""
    mark: str | None
    """The start that it came from, where that was one of ours."""


class OwnProcesses:
    """Looks for the processes of one instance, started by Astrolabe or by their owner."""

    def __init__(self, site: Site) -> None:
        self._site: Site = site
        self._package: str = site.product.package.package
        self._gateways: list[Own] = []
        self._looked: float = -LOOK_SECONDS

    def gateways(self) -> list[Own]:
        """Find what does the work of an instance without a port, the latest first; several are not one instance."""
        if not self._known():
            found = [each for each in self.all() if each.role == GATEWAY]
            self._gateways = sorted(found, key=lambda each: each.process.created, reverse=True)
            self._looked = time.monotonic()
        return self._gateways

    def _known(self) -> bool:
        """Return whether what the last look found is still so."""
        if not all(each.process.alive() for each in self._gateways):
            return False
        # A start is a shell first, which leaves its mark and becomes the program: its words are not yet the program's.
        begun = self._gateways and all(each.process.script(self._package) is not None for each in self._gateways)
        return bool(begun) or time.monotonic() - self._looked < LOOK_SECONDS

    def all(self) -> list[Own]:
        """List them all; what one of them started is a part of it."""
        found = list(self._seen())
        pids = {own.process.pid for own, _ in found}
        return [own for own, parent in found if parent not in pids]

    def _seen(self) -> Iterator[tuple[Own, int]]:
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                mark = each.environ().get(process.MARK)
                if role := self._by_mark(mark, each) if mark else self._by_words(each):
                    yield Own(process.of(each.pid), role, mark and mark.partition("/")[2]), each.ppid()

    def _by_mark(self, mark: str, found: psutil.Process) -> str | None:
        """Return the role that a start of ours gave to a process; None where it was of another instance."""
        owner, _, start = mark.partition("/")
        ours = owner == self._site.instance_id and found.status() != psutil.STATUS_ZOMBIE
        if not ours or not any(word.startswith(str(self._site.host.folder)) for word in found.cmdline()):
            return None
        if start.endswith(job_mark("")):
            return BEFORE
        workers = [each.name for each in self._site.product.workers]
        return next((each for each in workers if start.endswith(worker_mark("", each))), GATEWAY)

    def _by_words(self, found: psutil.Process) -> str | None:
        """Return the role of a process that its owner started: of this package, on this instance's database."""
        if not any(self._package in word or found.name() == "node" for word in found.cmdline()[:3]):
            return None
        seen = process.of(found.pid)
        script = seen.script(self._package)
        if script is None or not self._uses(found.environ(), seen.argv):
            return None
        words = list(seen.argv[script + 1 :])
        return next((name for name, args in self._others().items() if args == words), GATEWAY)

    def _others(self) -> dict[str, list[str]]:
        """Return what all but the gateway is started with, by its role."""
        product, fill = self._site.product, self._site.arguments
        others = {BEFORE: product.start.before, DOCTOR: product.doctor.args if product.doctor else ()}
        others |= {each.name: each.args for each in product.workers}
        return {role: fill(args) for role, args in others.items() if args}

    def _uses(self, variables: Mapping[str, str], words: tuple[str, ...]) -> bool:
        """Return whether a process was started with this instance's database."""
        if (database := self._site.config.database) is None:
            return False
        filled = [name for name, value in self._site.product.start.env.items() if value == "{database_name}"]
        if any(variables.get(name) == database.name for name in filled):
            return True
        own = ConnectionString.read(connection_string(database, None))
        values = (*variables.values(), *words, *(word.partition("=")[2] for word in words))
        said = [found for each in values if "://" in each and (found := ConnectionString.read(each))]
        return any(own and (each.server, each.database) == (own.server, own.database) for each in said)


def job_mark(mark: str) -> str:
    """Name the job before a start."""
    return f"{mark}-{BEFORE}"


def worker_mark(mark: str, name: str) -> str:
    """Name a worker beside what a start brought up."""
    return f"{mark}-worker-{name}"
