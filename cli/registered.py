"""What Astrolabe knows of what runs on this host: by what an instance acts on, whichever product file it is of."""

import socket
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from astrolabe.cli import thing
from astrolabe.cli.client import Client, path
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Kind

LOCAL: Final = "local"
"""The name of a host's worker, unless its owner gave it another."""


class Registered(Struct, frozen=True):
    """The instances of this host."""

    by: dict[str, str] = {}
    """Their names, by what they act on."""
    names: frozenset[str] = frozenset()
    """The names that are taken, also by instances of other hosts."""

    def name(self, things: Iterable[str]) -> str | None:
        """Return the name of the instance that acts on one of these; None where none does."""
        return next((self.by[each] for each in sorted(things) if each in self.by), None)


def registered_here(client: Client, kinds: Collection[Kind], products: Mapping[str, Product]) -> Registered:
    """Ask what the instances of some kinds act on that this host has; `products` are those that are known here."""
    rows = list(client.items("/instances"))
    by: dict[str, str] = {}
    for row in rows:
        if row["kind"] in kinds and row["host"] in {LOCAL, socket.gethostname()} and row["status"] != "retired":
            seen = client.get(path("instances", row["name"]))
            by.update((each, seen["name"]) for each in thing.of_instance(seen, products))
    return Registered(by, frozenset(row["name"] for row in rows))
