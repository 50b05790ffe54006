"""Discovering: what on this host was deployed from a known product, and how it would be registered."""

import asyncio
import contextlib
import re
import shlex
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import psutil
from msgspec import Struct

from astrolabe.cli import thing
from astrolabe.domain.kinds.image_name import same_repository
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Kind
from astrolabe.workers.instance import process
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

ASK_SECONDS: Final = 30.0
PROJECT: Final = "com.docker.compose.project"
SERVICE: Final = "com.docker.compose.service"
_CONNECTION: Final = re.compile(
    r"postgres(?:ql)?://(?P<user>[^:@/\s]+)(?P<password>:[^@/\s]*)?@(?P<host>[^/\s?]+)/(?P<name>[^?\s]+)\S*"
)


class Deployed(Struct, frozen=True):
    """Something on this host that a product file describes."""

    product: str
    """Which product it is."""
    kind: Kind
    """How it is deployed."""
    version: str | None
    """The version that was seen; None where it was not."""
    where: str
    """Where it was seen."""
    kept_by: str | None
    """What starts it again when it ends; None where that is not asked."""
    at: int | str
    """What an instance of it is known by on its host: its port, its compose project or its prefix."""


class Found(Deployed, frozen=True):
    """What was found, before it has a name."""

    things: frozenset[str]
    """What an instance of it would act on; one that is registered acts on some of that."""
    called: str
    """What its owner calls it, or else its product's name."""
    options: tuple[str, ...]
    """What registers it, beside its name."""
    has_password: bool = False
    """Whether its database is reached with a password."""

    def registration(self, name: str) -> str:
        """Return the command that registers it by a name; the file of its password is in a folder of that name."""
        password = ("--password-from", f"file:/run/secrets/{name}/password") if self.has_password else ()
        return shlex.join(("astrolabe", "register", name, *self.options, *password))


async def discover(products: Collection[Product]) -> list[Found]:
    """Look through processes, globally installed packages and containers; what cannot be asked is left out."""
    by_process = [found async for found in _processes(products)]
    parts = await asyncio.gather(_globals(products), _containers(products))
    return [*by_process, *(found for part in parts for found in part)]


async def _processes(products: Collection[Product]) -> AsyncIterator[Found]:
    for ports, found in sorted(_listeners(), key=lambda each: each[0]):
        for product in products:
            if "npx" not in product.kinds or product.npm is None:
                continue
            if tree := found.tree(product.npm.package):
                version = process.package_version(tree, product.npm.package)
                keeper = (await detect(found.pid)).by
                where = f"port {', '.join(map(str, ports))}, process {found.pid}, {tree}"
                database, has_password = _database(found)
                options = (*_options(product, version), "--port", str(ports[0]), *database)
                things = frozenset(map(thing.port, ports))
                name = product.name
                yield Found(name, "npx", version, where, keeper, ports[0], things, name, options, has_password)


def _listeners() -> Iterator[tuple[list[int], GatewayProcess]]:
    """Return each process that listens once, with its ports; of several that share one, the first."""
    seen: set[int] = set()
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            listening = [one.laddr for one in each.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
            ports = {int(port) for address in listening for port in tuple(address)[1:]} - seen
            seen |= ports
            if ports:
                yield sorted(ports), process.of(each.pid)


def _database(found: GatewayProcess) -> tuple[tuple[str, ...], bool]:
    """Return the option that says where its database is, and whether that has a password, which is not in it."""
    with contextlib.suppress(psutil.Error):
        values = (*found.argv, *psutil.Process(found.pid).environ().values())
        for said in filter(None, map(_CONNECTION.search, values)):
            return ("--database", f"postgresql://{said['user']}@{said['host']}/{said['name']}"), bool(said["password"])
    return (), False


async def _globals(products: Collection[Product]) -> list[Found]:
    found: list[Found] = []
    root = (await _said(*tools.npm(), "root", "--global")).strip()
    for product in products:
        if root and "cli" in product.kinds and product.npm is not None:
            tree, name = Path(root).parent, product.name
            if version := process.package_version(tree, product.npm.package):
                prefix = str(tree.parent)
                options = (*_options(product, version), "--kind", "cli", "--prefix", prefix)
                things = thing.installed(prefix, product) | thing.installed(None, product)
                found.append(Found(name, "cli", version, str(tree), None, prefix, things, name, options))
    return found


async def _containers(products: Collection[Product]) -> list[Found]:
    try:
        docker = str(tools.docker())
    except tools.ToolMissing:
        return []
    ids = (await _said(docker, "ps", "--quiet", "--filter", f"label={PROJECT}")).split()
    said = await _said(docker, "inspect", *ids) if ids else "[]"
    return list(of_containers(msgspec.json.decode(said or "[]"), products))


def of_containers(inspected: Iterable[Mapping[str, Any]], products: Collection[Product]) -> Iterator[Found]:
    """Return the compose projects among an engine's containers that have a product's image, each once a product."""
    services: dict[tuple[str, str, str], set[str]] = {}
    for each in inspected:
        config = cast("Mapping[str, Any]", each.get("Config", {}))
        labels = cast("Mapping[str, str]", config.get("Labels") or {})
        project, folder = labels.get(PROJECT, ""), labels.get(f"{PROJECT}.working_dir", "")
        for product in products:
            image = product.image
            if image and same_repository(str(config.get("Image", "")), image.repository):
                services.setdefault((project, folder, product.name), set()).add(labels.get(SERVICE, ""))
    several = Counter(project for project, _, _ in services)
    for (project, folder, product), its in services.items():
        # Of several products that fit a project, whoever registers it must name one.
        options = (*(("--product", product) if several[project] > 1 else ()), "--project-folder", folder)
        where = f"project {project} in {folder}"
        things = frozenset(thing.service(project, each) for each in its)
        yield Found(product, "compose", None, where, "the engine", project, things, project, options)


def _options(product: Product, version: str | None) -> tuple[str, ...]:
    return ("--product", product.name, *(("--version", version) if version else ()))


async def _said(*command: str) -> str:
    """Return what a program says, and nothing where it is not there or fails."""
    with contextlib.suppress(shell.CommandProblem, OSError):
        return (await shell.run(command, env=inherited(), deadline=ASK_SECONDS)).stdout
    return ""
