"""The commands of the `npx` kind: a Node tree installed beforehand, and a process started from it."""

from collections.abc import Sequence

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import postgres
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.product import Npm, Product

FIELDS = ("name", "version", "dist", "bin", "repository", "engines", "_npmUser")


def view(npm: Sequence[str], package: Npm, version: str) -> tuple[str, ...]:
    """Ask the registry what a version or a tag is."""
    return (*npm, "view", f"{package.package}@{version}", *FIELDS, "--json", *_registry(package))


def install(npm: Sequence[str], package: Npm, version: str, folder: str) -> tuple[str, ...]:
    """Install an exact version into a folder of its own, so that starting it downloads nothing."""
    return (*npm, "install", "--prefix", folder, *exactly(package, version), "--save-exact")


def exactly(package: Npm, version: str) -> tuple[str, ...]:
    """Say what npm is to install, from where, and with nothing that was not asked for."""
    scripts = () if package.scripts else ("--ignore-scripts",)
    quiet = ("--no-audit", "--no-fund", "--omit=dev")
    return (f"{package.package}@{version}", *scripts, *quiet, *_registry(package))


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
    text = " ".join((*values, *product.start.args))
    return "{port}" in text, config.database is None or "{database_url}" in text


def planned_commands(
    config: InstanceConfig, product: Product, from_version: str, target: str
) -> tuple[PlannedCommand, ...]:
    """List what an upgrade will run, as the user could have typed it."""
    package, npm = product.package, ("npm",)
    shelf = f"$ASTROLABE_DATA/artifacts/{package.package}"
    commands = [PlannedCommand("preflight", view(npm, package, target))]
    if config.database:
        dump = f"$ASTROLABE_DATA/backups/{config.name}.dump"
        commands.append(PlannedCommand("backup", postgres.dump("pg_dump", config.database, dump)))
    commands += [
        PlannedCommand("pull", install(npm, package, version, f"{shelf}/{version}"))
        for version in (from_version, target)
    ]
    if config.database:
        copy = postgres.copy_statement(config.database.name, f"{config.database.name}_before")
        commands.append(PlannedCommand("migrate", postgres.psql("psql", config.database, copy)))
    commands.append(PlannedCommand("migrate", start("node", product, f"{shelf}/{target}", product.start.args)))
    if product.doctor:
        commands.append(PlannedCommand("verify", start("node", product, f"{shelf}/{target}", product.doctor.args)))
    return tuple(commands)


def _registry(package: Npm) -> tuple[str, ...]:
    if package.registry is None:
        return ()
    scope, slash, _ = package.package.partition("/")
    # A scope's registry in the user's npmrc would win over --registry.
    own = (f"--{scope}:registry={package.registry}",) if slash else ()
    return ("--registry", package.registry, *own)
