"""The release gate: what the notes say, read before anything begins."""

from collections.abc import Collection, Mapping, Sequence

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.registration import product_of
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.route import Route, find_route
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.domain.upgrades.decide import decide
from astrolabe.domain.upgrades.states import Idle, State
from astrolabe.domain.words import Version

SHOWN = 300
"""Characters of a breaking release's notes that a refusal quotes."""


def pass_gate(
    releases: Sequence[Release],
    config: InstanceConfig,
    current: Version,
    target: Version,
    acknowledged: Collection[str],
) -> Route:
    """Find the route; raises Refused where a breaking release is not acknowledged, or notes that must be are not."""
    route = find_route(releases, current, target)
    if config.require_notes:
        _check_notes(route, target)
    bad = [each for each in route.crossed if each.breaking and each.version not in acknowledged]
    if bad:
        names = ", ".join(each.version for each in bad)
        quoted = " ".join(f"{each.version}: {_quoted(each)}" for each in bad)
        raise Refused(
            "breaking-release",
            f"On the way to {target} lies what breaks. {quoted} Name {names} in acknowledge_breaking to go on.",
        )
    return route


def check_request(command: RequestUpgrade, state: State, products: Mapping[str, Product]) -> Route | None:
    """Refuse an upgrade that would be refused later, as far as that is known where it is asked for.

    Return the route; None where only a worker can find the target or the notes. Preflight passes the gate in any case.
    """
    decide(command, state)
    if not isinstance(state, Idle):
        return None
    instance = state.instance
    product = product_of(instance.config, products)
    if command.target == "latest" or product.notes:
        return None
    return pass_gate(product.release, instance.config, instance.version, command.target, command.acknowledge_breaking)


def _quoted(release: Release) -> str:
    notes = " ".join(release.notes.split()) or "its notes say no more."
    return notes if len(notes) <= SHOWN else f"{notes[:SHOWN]}…"


def _check_notes(route: Route, target: Version) -> None:
    silent = [each.version for each in route.crossed if not each.notes.strip()]
    if not route.known:
        silent.append(target)
    if silent:
        raise Refused(
            "notes-missing",
            f"This instance takes only releases with notes, and {', '.join(silent)} has none; add them to the product.",
        )
