"""The kind `cli`: a command line that npm installs globally, into one prefix; nothing serves."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds.npm import NpmFacts, exactly, plan_pulls, plan_views
from astrolabe.domain.kinds.outline import StepOutline
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.product import Npm, Product
from astrolabe.domain.words import Step, Version

VERSION = ("--version",)
"""How a command line is asked for its version."""

UNKNOWN = NpmFacts()

OUTLINE: Final[Mapping[Step, StepOutline]] = MappingProxyType(
    {
        "preflight": StepOutline(
            "resolves the version and proves what it is; asks the command for its version; looks at prefix and notes",
            "refused, nothing touched",
        ),
        "backup": StepOutline("skipped: a command line has no database", "nothing"),
        "pull": StepOutline("brings the new and the old version to the host, each proven", "failed, nothing touched"),
        "migrate": StepOutline(
            "installs the new version in the place of the old one; stop and copy are skipped, for nothing serves",
            "rolled back",
        ),
        "verify": StepOutline(
            "asks the command for its version; health and migration history are skipped", "rolled back"
        ),
    }
)


def install(npm: Sequence[str], package: Npm, version: str, prefix: str | None) -> tuple[str, ...]:
    """Install an exact version in the place of another; what was pulled beforehand is not fetched again."""
    where = ("--prefix", prefix) if prefix else ()
    return (*npm, "install", "--global", *where, *exactly(package, version), "--prefer-offline")


def program(prefix: str, package: Npm) -> str:
    """Name the command that npm links into a prefix."""
    return f"{prefix}/bin/{package.bin}"


def plan(
    config: InstanceConfig, product: Product, versions: Sequence[Version], facts: NpmFacts = UNKNOWN
) -> Iterator[PlannedCommand]:
    """Plan the commands from the running version, which is the first, over what each leg ends on."""
    package, (_, *legs) = product.package, versions
    prefix = facts.prefix or config.prefix
    command = program(prefix, package) if prefix else str(package.bin)
    yield from plan_views(package, versions, facts)
    yield PlannedCommand("preflight", (command, *VERSION))
    yield from plan_pulls(package, versions, facts)
    for version in legs:
        yield PlannedCommand("migrate", install(facts.npm, package, version, prefix))
        yield PlannedCommand("verify", (command, *VERSION))
        if product.doctor:
            yield PlannedCommand("verify", (command, *product.doctor.args))
