"""Discovering: what on this host was deployed from a known product, and how it would be registered."""

import asyncio
import contextlib
import re
import shlex
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import psutil
from msgspec import Struct

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
_CONNECTION: Final = re.compile(
    r"postgres(?:ql)?://(?P<user>[^:@/\s]+)(?P<password>:[^@/\s]*)?@(?P<host>[^/\s?]+)/(?P<name>[^?\s]+)\S*"
)


class Discovered(Struct, frozen=True):
    """Something on this host that a product file describes."""

    product: str
    """Which product it is."""
    kind: Kind
    """How it is deployed."""
    version: str | None
    """The version that was seen; null where it was not."""
    where: str
    """Where it was seen."""
    kept_by: str | None
    """What starts it again when it ends; null where that is not asked."""
    register: str
    """The command that registers it."""
    at: int | str | None = None
    """What an instance of it is known by on its host: its port, its compose project or its prefix."""
    registered: str | None = None
    """The name of the instance that it is registered as; null where it is none, or where nobody was asked."""


async def discover(products: Collection[Product]) -> list[Discovered]:
    """Look through processes, globally installed packages and containers; what cannot be asked is left out."""
    by_process = [found async for found in _processes(products)]
    parts = await asyncio.gather(_globals(products), _containers(products))
    return [*by_process, *(found for part in parts for found in part)]


async def _processes(products: Collection[Product]) -> AsyncIterator[Discovered]:
    for port, found in sorted(_listeners(), key=lambda each: each[0]):
        for product in products:
            if "npx" not in product.kinds or product.npm is None:
                continue
            if tree := found.tree(product.npm.package):
                version = process.package_version(tree, product.npm.package)
                keeper = (await detect(found.pid)).by
                words = _registration(product, version, "--port", str(port), *_database(found, product.name))
                where = f"port {port}, process {found.pid}, {tree}"
                yield Discovered(product.name, "npx", version, where, keeper, words, port)


def _listeners() -> Iterator[tuple[int, GatewayProcess]]:
    seen: set[int] = set()
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            listening = [one.laddr for one in each.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
            ports = {int(port) for address in listening for port in tuple(address)[1:]}
            for port in ports - seen:
                seen.add(port)
                yield port, process.of(each.pid)


def _database(found: GatewayProcess, instance: str) -> Iterator[str]:
    """Return the options that say where its database is; never its password, but the file that it belongs into."""
    with contextlib.suppress(psutil.Error):
        values = (*found.argv, *psutil.Process(found.pid).environ().values())
        for value in values:
            if said := _CONNECTION.search(value):
                yield from ("--database", f"postgresql://{said['user']}@{said['host']}/{said['name']}")
                if said["password"]:
                    yield from ("--password-from", f"file:/run/secrets/{instance}/password")
                return


async def _globals(products: Collection[Product]) -> list[Discovered]:
    found: list[Discovered] = []
    root = (await _said(*tools.npm(), "root", "--global")).strip()
    for product in products:
        if root and "cli" in product.kinds and product.npm is not None:
            tree = Path(root).parent
            if version := process.package_version(tree, product.npm.package):
                words = _registration(product, version, "--kind", "cli", "--prefix", str(tree.parent))
                found.append(Discovered(product.name, "cli", version, str(tree), None, words, str(tree.parent)))
    return found


async def _containers(products: Collection[Product]) -> list[Discovered]:
    try:
        docker = str(tools.docker())
    except tools.ToolMissing:
        return []
    ids = (await _said(docker, "ps", "--quiet", "--filter", f"label={PROJECT}")).split()
    said = await _said(docker, "inspect", *ids) if ids else "[]"
    return list(of_containers(msgspec.json.decode(said or "[]"), products))


def of_containers(inspected: Iterable[Mapping[str, Any]], products: Collection[Product]) -> Iterator[Discovered]:
    """Return the compose projects among an engine's containers that have a product's image, each once."""
    seen: set[tuple[str, str]] = set()
    for each in inspected:
        config = cast("Mapping[str, Any]", each.get("Config", {}))
        labels = cast("Mapping[str, str]", config.get("Labels") or {})
        project, folder = labels.get(PROJECT, ""), labels.get(f"{PROJECT}.working_dir", "")
        for product in products:
            image = product.image
            if not (image and same_repository(str(config.get("Image", "")), image.repository)):
                continue
            if (project, product.name) not in seen:
                seen.add((project, product.name))
                words = shlex.join(("astrolabe", "register", project, "--project-folder", folder))
                where = f"project {project} in {folder}"
                yield Discovered(product.name, "compose", None, where, "the engine", words, project)


def _registration(product: Product, version: str | None, *more: str) -> str:
    said = ("--version", version) if version else ()
    return shlex.join(("astrolabe", "register", product.name, "--product", product.name, *said, *more))


async def _said(*command: str) -> str:
    """Return what a program says, and nothing where it is not there or fails."""
    with contextlib.suppress(shell.CommandProblem, OSError):
        return (await shell.run(command, env=inherited(), deadline=ASK_SECONDS)).stdout
    return ""
