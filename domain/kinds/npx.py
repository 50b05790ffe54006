"""The kind `npx`: a Node tree installed beforehand, and a process started from it."""

from collections.abc import Iterator, Sequence

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds.npm import NpmFacts, plan_pulls, plan_views
from astrolabe.domain.kinds.postgres import plan_copy, plan_dump
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.placeholders import say_database, used_in
from astrolabe.domain.products.product import Npm, Product
from astrolabe.domain.supervision.planned import start_commands, stop_commands
from astrolabe.domain.words import Version

UNKNOWN = NpmFacts()


def program(node: str, package: Npm, tree: str) -> tuple[str, ...]:
    """Name the product's program inside a tree; `npx` itself is left out, for it would stand between us and signals."""
    modules = f"{tree}/node_modules"
    if package.entry:
        return (node, f"{modules}/{package.package}/{package.entry}")
    return (f"{modules}/.bin/{package.bin}",)


def start(node: str, product: Product, tree: str, args: Sequence[str]) -> tuple[str, ...]:
    """Start the gateway from its tree."""
    return (*program(node, product.package, tree), *args)


def settable(product: Product, config: InstanceConfig) -> tuple[bool, bool]:
    """Return whether the product file says the gateway's port, and whether it says its database, if it has one.

    What the instance's own settings replace, the product file no longer says.
    """
    replaced = {*config.settings, *config.secrets}
    values = [value for name, value in product.start.env.items() if name not in replaced]
    words = (*values, *product.start.args)
    return config.port is None or "port" in used_in(words), config.database is None or say_database(words)


def plan(
    config: InstanceConfig, product: Product, versions: Sequence[Version], facts: NpmFacts = UNKNOWN
) -> Iterator[PlannedCommand]:
    """Plan the commands from the running version, which is the first, over what each leg ends on."""
    package, (_, *legs), keeper = product.package, versions, facts.supervisor
    yield from plan_views(package, versions, facts)
    if config.database:
        yield plan_dump(config.database, facts.database)
    yield from plan_pulls(package, versions, facts)
    yield from (PlannedCommand("migrate", each) for each in (stop_commands(keeper) if keeper else ()))
    for leg, version in enumerate(legs):
        node, tree = facts.node_of(version), facts.tree(package, version)
        if config.database:
            yield plan_copy(config.database, leg, facts.database)
        if product.start.before:
            yield PlannedCommand("migrate", start(node, product, tree, product.start.before))
        yield PlannedCommand("migrate", start(node, product, tree, product.start.args))
        if product.doctor:
            yield PlannedCommand("verify", start(node, product, tree, product.doctor.args))
    node, tree = facts.node_of(legs[-1]), facts.tree(package, legs[-1])
    if keeper:
        yield from (PlannedCommand("verify", each) for each in start_commands(keeper))
    elif config.cutover == "verified":  # it ran apart, and is started once more where everybody asks
        yield PlannedCommand("verify", start(node, product, tree, product.start.args))
    yield from (PlannedCommand("verify", start(node, product, tree, each.args)) for each in product.workers)
