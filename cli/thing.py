"""Things of this host that an instance acts on, in a word each: by them it is found that something is registered.

No two instances act on one, by whichever product file either was registered.
"""

from collections.abc import Mapping
from typing import Any

from astrolabe.domain.products.product import Product


def port(number: int) -> str:
    """Return the thing that a gateway's port is."""
    return f"port {number}"


def service(project: str, name: str) -> str:
    """Return the thing that a service of a compose project is."""
    return f"service {project} {name}"


def installed(prefix: str | None, product: Product) -> frozenset[str]:
    """Return what a product's command line in a prefix is, None for the user's own: its package there, and itself."""
    return frozenset({_in(prefix, f"product {product.name}"), _in(prefix, f"package {product.package.package}")})


def of_instance(seen: Mapping[str, Any], products: Mapping[str, Product]) -> frozenset[str]:
    """Return what an instance acts on, as the API shows it; `products` are those that are known here."""
    if project := seen["compose"]:
        return frozenset(service(project["name"], each) for each in (project["service"], *project["also"]))
    if seen["kind"] == "cli":
        known = products.get(seen["product"])
        return installed(seen["prefix"], known) if known and known.npm else _unknown(seen["prefix"], seen["product"])
    return frozenset({port(seen["port"])} if seen["port"] else ())


def _unknown(prefix: str | None, product: str) -> frozenset[str]:
    return frozenset({_in(prefix, f"product {product}")})


def _in(prefix: str | None, what: str) -> str:
    return f"{what} in the prefix {prefix.rstrip('/') if prefix else 'of the user'}"
