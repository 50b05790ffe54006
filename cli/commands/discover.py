"""Discover: what on this host fits a product file."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import click

from astrolabe.cli import options
from astrolabe.cli.client import Client
from astrolabe.cli.discovering import Deployed, Found, discover
from astrolabe.cli.failure import CommandError, CommandFailed
from astrolabe.cli.naming import distinct
from astrolabe.cli.printing import answer_list
from astrolabe.cli.registered import Registered, registered_here
from astrolabe.cli.table import table, wrapped
from astrolabe.domain.products.product import Product
from astrolabe.store.products.catalogue import load_products
from astrolabe.store.settings import variable

_FILE_FIRST: Final = (
    "Put the database's password into the file that the line names, readable by the worker alone, then register. "
    "The folder has the instance's name: with another name, change it in both places."
)


class Discovered(Deployed, frozen=True):
    """What was found, with the name that it has or could have."""

    register: str | None
    """The command that registers it; null where it is registered already."""
    registered: str | None
    """The name of the instance that it is registered as; null where it is none, or where nobody was asked."""


@click.command("discover")
@options.products
def discover_host(products: tuple[Path, ...]) -> None:
    """Look what on this host fits a product file, and print the line that registers it; nothing is changed.

    Processes that listen (also those of systemd and pm2), packages that npm installed globally, and compose projects.
    What is registered already is shown by its name, where Astrolabe can be asked.
    """
    folders = options.product_folders(products)
    known = load_products(folders)
    found = asyncio.run(discover(known.values()))
    answer_list(named(found, _asked(found, known)), lambda them: in_words(them, folders))


def _asked(found: Collection[Found], products: Mapping[str, Product]) -> Registered:
    """Ask what is registered; nothing is known of that where Astrolabe cannot be asked."""
    with contextlib.suppress(CommandError, CommandFailed):
        if found:
            return registered_here(Client.from_environment(), {each.kind for each in found}, products)
    return Registered()


def named(found: Collection[Found], registered: Registered) -> list[Discovered]:
    """Name each by the instance that it is registered as, or else by a name that it can be registered by."""
    pairs = [(one, registered.name(one.things)) for one in found]
    new = distinct(((one.called, one.product) for one, name in pairs if not name), registered.names)
    return [_named(one, None if name else one.registration(next(new)), name) for one, name in pairs]


def _named(found: Found, register: str | None, name: str | None) -> Discovered:
    return Discovered(found.product, found.kind, found.version, found.where, found.kept_by, found.at, register, name)


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
    if new := [each.register for each in found if each.register]:
        lines += ["", *new]
    if any("--password-from" in each for each in new):
        lines += ["", wrapped(_FILE_FIRST)]
    return "\n".join(lines)


COMMANDS = (discover_host,)
