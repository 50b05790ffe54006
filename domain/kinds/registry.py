"""The kinds of deployment, as they are known where no worker is at hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import cli, compose, npx
from astrolabe.domain.kinds.outline import AT_ONCE, GATEWAY, NO_DATABASE, StepOutline
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.product import Product
from astrolabe.domain.words import Kind, Step, Version

Planner: TypeAlias = Callable[[InstanceConfig, Product, Sequence[Version]], Iterable[PlannedCommand]]
"""Plans an upgrade from the first of some versions over all others, as far as it is known without its host."""


class DeploymentKind(Struct, frozen=True):
    """A kind of deployment: its commands, what its steps do, and whether it serves and keeps data."""

    plan: Planner
    outline: Mapping[Step, StepOutline] = GATEWAY
    serves: bool = True


KINDS: Final[Mapping[Kind, DeploymentKind]] = MappingProxyType(
    {
        "cli": DeploymentKind(cli.plan, cli.OUTLINE, serves=False),
        "compose": DeploymentKind(compose.plan),
        "npx": DeploymentKind(npx.plan),
    }
)


def outline_of(config: InstanceConfig) -> Mapping[Step, StepOutline]:
    """Return what the steps of an upgrade do for an instance."""
    kind = KINDS[config.kind]
    outline = dict(kind.outline)
    if kind.serves and config.database is None:
        outline["backup"] = NO_DATABASE
    if kind.serves and config.cutover == "at-once":
        outline["verify"] = AT_ONCE
    return outline
