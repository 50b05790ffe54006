"""Registration: what a configuration must hold before it is recorded."""

from collections.abc import Iterable, Mapping

import msgspec

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds.registry import KINDS
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.placeholders import say_database
from astrolabe.domain.products.product import Product

LONGEST_CONFIG = 32_768
"""How long a configuration may be as JSON, in bytes; an event must hold it with its envelope."""


def check_config(config: InstanceConfig, products: Mapping[str, Product]) -> None:
    """Refuse a configuration that its product cannot be deployed with."""
    product = product_of(config, products)
    if config.kind not in product.kinds:
        kinds = ", ".join(product.kinds) or "none of the kinds there are"
        raise Refused("kind-unsupported", f"{product.name} cannot be deployed as {config.kind}; use {kinds}.")
    if config.kind == "npx" and (product.health.by == "process") == (config.port is not None):
        says = "has no port; leave it out" if config.port else "serves on a port; name it"
        raise Refused("port-unfit", f"{product.name} {says}.")
    _check_settings(config, product)
    if config.database is None and KINDS[config.kind].serves and needs_database(product):
        raise Refused("database-missing", f"{product.name} keeps its data in PostgreSQL; say in database where.")
    if len(msgspec.json.encode(config)) > LONGEST_CONFIG:
        raise Refused("instance-too-large", f"Keep settings and secrets below {LONGEST_CONFIG} bytes altogether.")


def product_of(config: InstanceConfig, products: Mapping[str, Product]) -> Product:
    """Find the product of an instance; raises Refused where nobody knows it."""
    if product := products.get(config.product):
        return product
    known = ", ".join(sorted(products))
    raise Refused("product-unknown", f"No product is named {config.product}; use one of {known}, or add its file.")


def needs_database(product: Product) -> bool:
    """Return whether a product cannot be started without a database."""
    words = (*product.start.before, *product.start.args, *product.start.env.values())
    return product.migrations is not None or say_database(words)


def check_settings(names: Iterable[str], product: Product) -> None:
    """Refuse settings that a product's file does not name."""
    for name in names:
        if name not in product.settings:
            known = ", ".join(product.settings) or "none at all"
            add = f"One that it is to have is added to settings in {product.name}.toml."
            raise Refused("setting-unknown", f"{product.name} has no setting {name}; it has {known}. {add}")


def _check_settings(config: InstanceConfig, product: Product) -> None:
    check_settings((*config.settings, *config.secrets), product)
    for name in config.settings:
        if name in config.secrets:
            raise Refused("setting-twice", f"Name {name} in settings or in secrets, not in both.")
