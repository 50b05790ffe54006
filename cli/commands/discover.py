"""Discover: what on this host fits a product file."""

import asyncio
import contextlib
import socket
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click
from msgspec.structs import replace

from astrolabe.cli import options
from astrolabe.cli.client import Client, path
from astrolabe.cli.discovering import Discovered, discover
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.printing import answer_list
from astrolabe.cli.table import table, wrapped
from astrolabe.store.products.catalogue import load_products
from astrolabe.store.settings import variable

LOCAL: Final = "local"
"""The name of a host's worker, unless its owner gave it another."""


_FILE_FIRST: Final = (
    "Put the database's password into the file that the line names, readable by the worker alone, then register. "
    "The folder has the instance's name: with another name, change it in both places."
)


@click.command("discover")
@options.products
def discover_host(products: tuple[Path, ...]) -> None:
    """Look what on this host fits a product file, and print the line that registers it; nothing is changed.

    Processes that listen (also those of systemd and pm2), packages that npm installed globally, and compose projects.
    What is registered already is shown by its name, where Astrolabe can be asked.
    """
    folders = options.product_folders(products)
    found = asyncio.run(discover(load_products(folders).values()))
    answer_list(_registered(found), lambda them: in_words(them, folders))


def _registered(found: Collection[Discovered]) -> list[Discovered]:
    """Name the instances that what was found is registered as; leave all as it is where Astrolabe cannot be asked."""
    known: dict[tuple[str, str], str] = {}
    if not found:
        return []
    with contextlib.suppress(CommandError, CommandFailed):
        known = dict(registered_here(Client.from_environment(), {each.product for each in found}))
    return [replace(each, registered=known.get((each.product, str(each.at)))) for each in found]


def registered_here(client: Client, products: Collection[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Return the names of this host's instances by their product and what they are known by."""
    for row in client.items("/instances"):
        if row["product"] in products and row["host"] in {LOCAL, socket.gethostname()}:
            seen: dict[str, Any] = client.get(path("instances", row["name"]))
            project = seen["compose"] or {}
            yield (seen["product"], str(project.get("name") or seen["port"] or seen["prefix"])), seen["name"]


def in_words(found: list[Discovered], folders: Iterable[Path]) -> str:
    """Lay out what was found, and the lines that register what is not registered yet."""
    read = ", ".join(["those built in", *(f"those in {each}" for each in folders)])
    if not found:
        named = f"Name a folder of your own with --products or {variable('products')}"
        none = f"Nothing on this host fits a product file: {read} were read."
        return wrapped(f"{none} {named}; astrolabe products lists all that are known.")
    rows = [
        (each.product, each.kind, each.version or "", each.kept_by or "", each.where, each.registered or "-")
        for each in found
    ]
    lines = [table(("PRODUCT", "KIND", "VERSION", "KEPT BY", "WHERE", "REGISTERED AS"), rows)]
    if new := [each.register for each in found if not each.registered]:
        lines += ["", *new]
    if any("--password-from" in each for each in new):
        lines += ["", wrapped(_FILE_FIRST)]
    return "\n".join(lines)


COMMANDS = (discover_host,)
