"""Discover: what on this host fits a product file."""

import asyncio
from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.discovering import Discovered, discover
from astrolabe.cli.printing import answer_list
from astrolabe.cli.table import table
from astrolabe.store.products.catalogue import load_products


@click.command("discover")
@options.products
def discover_host(products: tuple[Path, ...]) -> None:
    """Look what on this host fits a product file, and print the line that registers it; nothing is changed.

    Processes that listen (also those of systemd and pm2), packages that npm installed globally, and compose projects.
    """
    known = load_products(options.product_folders(products)).values()
    answer_list(asyncio.run(discover(known)), _in_words)


def _in_words(found: list[Discovered]) -> str:
    if not found:
        return "Nothing on this host fits a product file; astrolabe products lists those that are known."
    rows = [(each.product, each.kind, each.version or "", each.kept_by or "", each.where) for each in found]
    listed = table(("PRODUCT", "KIND", "VERSION", "KEPT BY", "WHERE"), rows)
    return "\n".join((listed, "", *(each.register for each in found)))


COMMANDS = (discover_host,)
