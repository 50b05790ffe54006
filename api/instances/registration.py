"""Registration: what a configuration must fit before it is recorded."""

import msgspec

from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.upgrades.plan import PLANNERS
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import Product

LONGEST_CONFIG = 32_768
"""How long a configuration may be as JSON, in bytes; an event must hold it with its envelope."""


def check_config(config: InstanceConfig, products: dict[str, Product]) -> None:
    """Refuse a configuration that its product cannot be deployed with."""
    product = product_of(config, products)
    if config.kind not in product.kinds or config.kind not in PLANNERS:
        kinds = ", ".join(kind for kind in product.kinds if kind in PLANNERS) or "none of the kinds there are"
        raise ApiProblem("kind-unsupported", f"{product.name} cannot be deployed as {config.kind}; use {kinds}.")
    _check_settings(config, product)
    if config.database is None and config.kind != "cli" and needs_database(product):
        raise ApiProblem("database-missing", f"{product.name} keeps its data in PostgreSQL; say in database where.")
    if len(msgspec.json.encode(config)) > LONGEST_CONFIG:
        raise ApiProblem("instance-too-large", f"Keep settings and secrets below {LONGEST_CONFIG} bytes altogether.")


def product_of(config: InstanceConfig, products: dict[str, Product]) -> Product:
    """Find the product of an instance."""
    if product := products.get(config.product):
        return product
    known = ", ".join(sorted(products))
    raise ApiProblem("product-unknown", f"No product is named {config.product}; use one of {known}, or add its file.")


def needs_database(product: Product) -> bool:
    """Return whether a product cannot be started without a database."""
    words = (*product.start.args, *product.start.env.values())
    return product.migrations is not None or any("{database_url}" in word for word in words)


def _check_settings(config: InstanceConfig, product: Product) -> None:
    for name in (*config.settings, *config.secrets):
        if name not in product.settings:
            known = ", ".join(product.settings) or "none at all"
            raise ApiProblem("setting-unknown", f"{product.name} has no setting {name}; it has {known}.")
    for name in config.settings:
        if name in config.secrets:
            raise ApiProblem("setting-twice", f"Name {name} in settings or in secrets, not in both.")
