"""Differences between the gateway that runs and the one that Astrolabe would start, and the checks they make.

Only names are shown: what a variable or an argument says may be secret.
"""

from collections.abc import Iterator

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import Check


class GatewayDifferences(Struct, frozen=True):
    """What was compared with a process; in everything that is empty it runs as it would be started."""

    variables: tuple[str, ...] = ()
    """Names of variables that it has, and would be started without, or with another value."""
    filled: tuple[str, ...] = ()
    """Variables that the product's file fills in with something else, each with the names of the parts that differ."""
    arguments: str = ""
    """That they differ, and how many there are."""
    folder: str = ""
    """Where it was started, if it may read something there."""
    reads: tuple[str, ...] = ()
    """What it may read in that folder."""
    listens: tuple[str, ...] = ()
    """The addresses that it listens on, if they are not the one that was registered."""
    unreadable: bool = False
    """Whether this user may not look."""


ADVICE = {
    "environment": "Take each over by the command beside it, or name it to --accept-difference instead, then retry.",
    "address": "Register the address that it listens on, or start it on the registered one, then retry.",
}
"""What a person may do, by the name of a check."""


def difference_checks(found: GatewayDifferences, config: InstanceConfig) -> Iterator[Check]:
    """Check that the gateway would be started as it runs, in all that its owner has not accepted."""
    seen = list(_seen(found, config))
    yield Check("environment", not seen, "; ".join(seen) or "what runs was started as it would be again")
    if not found.listens:
        yield Check("address", True, f"it listens on {config.address}")
        return
    listens = f"it listens on {', '.join(found.listens)}; registered is {config.address}"
    yield Check("address", False, f"{listens}: astrolabe reconfigure {config.name} --address {found.listens[0]}")


def _seen(found: GatewayDifferences, config: InstanceConfig) -> Iterator[str]:
    command, accepted = f"astrolabe reconfigure {config.name}", config.accepted_differences
    if found.unreadable and "environment" not in accepted:
        yield "the worker's user may not read the environment that it runs with (environment)"
    if variables := [each for each in found.variables if each not in accepted]:
        without = "it runs with variables that it would be started without, or with other values"
        yield f"{without}: {command} --keep {','.join(variables)}"
    if filled := [each for each in found.filled if each.partition(" ")[0] not in accepted]:
        yield f"its product's file would say otherwise: {', '.join(filled)}: {command} --database postgresql://…"
    if found.arguments and "arguments" not in accepted:
        yield f"{found.arguments} (arguments)"
    if found.folder and "folder" not in accepted:
        reads = f"where it may read {', '.join(found.reads)}"
        yield f"it was started in {found.folder}, {reads}: {command} --folder {found.folder}"
