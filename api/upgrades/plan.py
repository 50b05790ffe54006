"""The plan: what an upgrade would do, without doing any of it."""

from msgspec import Struct

from astrolabe.domain.kinds.registry import KINDS, outline_of
from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.plans.plan import PlannedCommand
from astrolabe.domain.products.migration_type import Judgement
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release_notes import CrossedRelease, crossed, judged
from astrolabe.domain.products.route import Route
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.domain.upgrades.cutover_outlook import CutoverOutlook
from astrolabe.domain.upgrades.instance import Instance
from astrolabe.domain.words import STEPS, Step


class PlannedStep(Struct, frozen=True):
    """A step of an upgrade, and where a failure of it leads."""

    step: Step
    """The step."""
    does: str
    """What it does, in a sentence."""
    may_fail_into: str
    """What a failure of it leads to."""


class UpgradePlan(Struct, frozen=True):
    """What an upgrade would do, in commands that the user could have typed.

    `legs` are the versions that it runs, the target last; `breaking` is null where nobody knows.
    """

    instance_id: str
    """The instance's id."""
    from_version: str
    """The version that the log believes to run."""
    target: str
    """The version that was asked for, or `latest`."""
    legs: tuple[str, ...]
    """The versions that it runs, in order, the target last."""
    breaking: tuple[str, ...] | None
    """The breaking releases on the way; null where nobody knows."""
    releases: tuple[CrossedRelease, ...]
    """What the notes say of the releases on the way."""
    migrations: tuple[Judgement, ...]
    """What their migrations do to those who use the instance meanwhile."""
    zero_downtime_documented: bool | None
    """Whether the document calls all migrations on the way zero-downtime; null where nobody knows them."""
    approval: str
    """Whether it waits for approval, of whom and for how long, in a clause."""
    ticket: str
    """Whether it needs a ticket, and what that must look like, in a clause."""
    cutovers: tuple[CutoverOutlook, ...]
    """Either way of letting others in, and what it would cost; empty for a command line, which serves nobody."""
    steps: tuple[PlannedStep, ...]
    """The steps, in order."""
    commands: tuple[PlannedCommand, ...]
    """The commands that will run, as the user could have typed them, in order."""


def plan_upgrade(
    instance_id: str,
    instance: Instance,
    product: Product,
    command: RequestUpgrade,
    route: Route | None,
    *,
    cutovers: tuple[CutoverOutlook, ...],
) -> UpgradePlan:
    """Return what an upgrade would do; without a route, as far as that is known before preflight."""
    target = command.target
    legs = route.legs if route else (target,)
    known = judged(route) if route else ()
    outline = outline_of(instance.config)
    return UpgradePlan(
        instance_id,
        instance.version,
        target,
        legs,
        route.breaking if route else None,
        crossed(route) if route else (),
        known,
        all(each.documented for each in known) if route and route.known else None,
        _approval(instance.config.approvals, route, emergency=command.emergency),
        f"needs one like {' or '.join(wanted)}" if (wanted := instance.config.approvals.tickets) else "needs none",
        cutovers,
        tuple(PlannedStep(step, outline[step].does, outline[step].may_fail_into) for step in STEPS),
        tuple(KINDS[instance.config.kind].plan(instance.config, product, (instance.version, *legs))),
    )


def _approval(policy: ApprovalPolicy, route: Route | None, *, emergency: bool) -> str:
    who = "somebody else" if policy.approvers == 1 else f"{policy.approvers} others"
    if policy.when == "never" or (policy.when == "breaking" and route and route.breaking == ()):
        return "needs none"
    if emergency:
        return f"needs none now; {who} must review it within {policy.review_hours} hours"
    perhaps = " unless no release on the way is breaking" if policy.when == "breaking" and route is None else ""
    return f"waits after preflight for {who}, at most {policy.expires_hours} hours{perhaps}"
