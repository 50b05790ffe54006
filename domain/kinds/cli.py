"""The commands of the `cli` kind: a package that npm installs globally, into one prefix."""

from collections.abc import Sequence

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import npx
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.product import Npm, Product

VERSION = ("--version",)
"""How a command line is asked for its version."""


def install(npm: Sequence[str], package: Npm, version: str, prefix: str | None) -> tuple[str, ...]:
    """Install an exact version in the place of another; what was pulled beforehand is not fetched again."""
    where = ("--prefix", prefix) if prefix else ()
    return (*npm, "install", "--global", *where, *npx.exactly(package, version), "--prefer-offline")


def program(prefix: str, package: Npm) -> str:
    """Name the command that npm links into a prefix."""
    return f"{prefix}/bin/{package.bin}"


def planned_commands(
    config: InstanceConfig, product: Product, from_version: str, target: str
) -> tuple[PlannedCommand, ...]:
    """List what an upgrade will run, as the user could have typed it."""
    package, npm = product.package, ("npm",)
    shelf = f"$ASTROLABE_DATA/artifacts/{package.package}"
    command = program(config.prefix, package) if config.prefix else str(package.bin)
    return (
        PlannedCommand("preflight", npx.view(npm, package, target)),
        PlannedCommand("preflight", (command, *VERSION)),
        *(
            PlannedCommand("pull", npx.install(npm, package, version, f"{shelf}/{version}"))
            for version in (from_version, target)
        ),
        PlannedCommand("migrate", install(npm, package, target, config.prefix)),
        PlannedCommand("verify", (command, *VERSION)),
        *((PlannedCommand("verify", (command, *product.doctor.args)),) if product.doctor else ()),
    )
