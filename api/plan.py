"""The plan: what an upgrade would do, without doing any of it."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from domain.drivers import npx
from domain.instance import InstanceConfig
from domain.plan import PlannedCommand
from domain.product import Product
from domain.words import STEPS, Step

Planner: TypeAlias = Callable[[InstanceConfig, Product, str, str], tuple[PlannedCommand, ...]]

PLANNERS: dict[str, Planner] = {"npx": npx.planned_commands}
"""Who knows the commands of each kind."""

_DOES: dict[Step, tuple[str, str]] = {
    "preflight": (
        "resolves the version and proves what it is; looks at health, disk, tools, required stops and release notes",
        "refused, nothing touched",
    ),
    "backup": (
        "dumps the database with its SHA-256 while the instance serves, and proves the dump",
        "failed, nothing touched",
    ),
    "pull": (
        "brings everything that the new version needs to the host before anything stops",
        "failed, nothing touched",
    ),
    "migrate": (
        "stops the old version, copies its database (the rollback point), starts the new one, waits for its migrations",
        "rolled back",
    ),
    "verify": (
        "asks the product's doctor, the version that answers, its health and its migration history",
        "rolled back",
    ),
}


class PlannedStep(Struct, frozen=True):
    """A step of an upgrade, and where a failure of it leads."""

    step: Step
    does: str
    may_fail_into: str


class UpgradePlan(Struct, frozen=True):
    """What an upgrade would do, in commands that the user could have typed."""

    instance_id: str
    from_version: str
    target: str
    steps: tuple[PlannedStep, ...]
    commands: tuple[PlannedCommand, ...]


def plan_upgrade(instance_id: str, config: InstanceConfig, product: Product, version: str, target: str) -> UpgradePlan:
    """Tell what an upgrade would do."""
    commands = PLANNERS[config.kind](config, product, version, target)
    steps = tuple(PlannedStep(step, *_DOES[step]) for step in STEPS)
    return UpgradePlan(instance_id, version, target, steps, commands)
