"""Preflight, judged: whether what was found allows an upgrade, and the plan that follows from it."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import DEPRECATED, Artifact, Check, Plan, same_way
from astrolabe.domain.problem import Problem, Refused
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.release_notes import crossed, judged
from astrolabe.domain.products.route import Route
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.domain.upgrades import database_obstacles
from astrolabe.domain.upgrades.database_findings import DatabaseFindings, database_checks
from astrolabe.domain.upgrades.decide import check_target
from astrolabe.domain.upgrades.file_findings import FileFindings, file_checks
from astrolabe.domain.upgrades.gate import pass_gate
from astrolabe.domain.upgrades.states import Approved, Requested
from astrolabe.domain.words import Version

FILES: Final = """\
Say of each whether it goes back with the database (astrolabe reconfigure NAME --keep-files PATH) or older versions go \
on with it as it is (--leave-files PATH), mend what keeps one from being kept, then retry."""

TODO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "breaking-release": "Read those notes, then ask anew and name these releases in acknowledge_breaking.",
        "no-route": "Upgrade to what the notes ask for first.",
        "notes-missing": "Add the notes, then retry.",
        "health": "Start the instance and see that it is healthy, then retry.",
        "version": "Put back what the log believes, or vouch for what runs (astrolabe adopt), then retry.",
        "files": FILES,
        "disk": "Free the space that is needed, then retry.",
        "tools": "Install PostgreSQL programs at least as new as the server (ASTROLABE_PG_BIN), then retry.",
        "settings": "Grant the instance's role what the database's own settings need, or reset those, then retry.",
        **database_obstacles.ADVICE,
        "rights": "Let the instance's role own its database and grant it CREATEDB, then retry.",
    }
)
"""What a person may do, by the code of a refusal or the name of a check."""


class GatewayFindings(Struct, frozen=True):
    """What serves now, in words, and the versions that its files and its answers name."""

    healthy: bool
    health: str
    running: str | None
    """None where nothing runs."""
    version: Version | None
    """None where what runs is not the product."""
    answers: str | None
    """None where it does not say."""
    unwell: str | None = None
    """Why its own supervisor does not call it healthy; None where it does, or has no opinion."""


class Findings(Struct, frozen=True):
    """All that preflight found out before anything is touched."""

    old: Artifact
    legs: tuple[Artifact, ...]
    gateway: GatewayFindings
    kind: tuple[Check, ...]
    """What the kind of deployment needs of the host."""
    database: DatabaseFindings | None
    deprecated: tuple[str, ...] = ()
    """What the registry says of legs that their publisher wants nobody to use."""
    supervision: Supervision | None = None
    """Who starts the gateway again when it ends; None where its kind sees to that by itself, or nothing runs."""
    files: FileFindings | None = None
    """The folders beside the database; None where nobody looked."""


def judge_route(state: Requested | Approved, releases: Sequence[Release], resolved: Version) -> Route | Problem:
    """Return the route to the version that was resolved, or why the upgrade must not take it."""
    run, instance = state.run, state.instance
    try:
        check_target(instance.version, resolved)
        return pass_gate(releases, instance.config, instance.version, resolved, run.acknowledged)
    except Refused as refusal:
        return Problem(refusal.code, refusal.detail, todo=TODO.get(refusal.code, ""))


def judge(
    state: Requested | Approved, title: str, route: Route, found: Findings, advice: Mapping[str, str]
) -> Plan | Problem:
    """Return the plan without its commands, or why nothing may begin; `advice` says what to do by a check's name."""
    checks = tuple(_checks(state, title, found))
    bad = [check for check in checks if not check.ok]
    if bad:
        return Problem(
            f"preflight-{bad[0].name}",
            f"Preflight found {len(bad)} reason{'s' if len(bad) > 1 else ''} not to begin: {bad[0].seen}",
            tuple(f"{check.name}: {check.seen}" for check in checks),
            {**TODO, **advice, **_supervised(found)}.get(bad[0].name, "Mend what was found, then retry."),
        )
    *stops, new = found.legs
    notes, migrations = crossed(route), judged(route)
    plan = Plan(found.old, new, checks, (), route.breaking, tuple(stops), notes, migrations)
    return _changed(plan, state.plan) or plan if isinstance(state, Approved) else plan


def _changed(plan: Plan, approved: Plan) -> Problem | None:
    if same_way(plan, approved):
        return None
    now, then = (f"{each.new.version} {each.new.integrity}" for each in (plan, approved))
    return Problem(
        "plan-changed",
        f"The plan that was approved leads to {then}; by now it would lead to {now}.",
        todo="Find out what changed, then retry: the new plan needs an approval of its own.",
    )


def _supervised(found: Findings) -> dict[str, str]:
    return {"supervised": found.supervision.todo} if found.supervision else {}


def _checks(state: Requested | Approved, title: str, found: Findings) -> Iterator[Check]:
    for artifact in found.legs:
        yield Check("artifact", True, f"{artifact.name} {artifact.described}")
    for said in found.deprecated:
        yield Check(DEPRECATED, True, said)
    yield from found.kind
    yield from _gateway(state.instance.config, state.instance.version, title, found.gateway)
    if found.supervision:
        yield found.supervision.check()
    if found.database:
        yield from database_checks(found.database)
    if found.files and found.files.folders:
        yield from file_checks(found.files)


def _gateway(config: InstanceConfig, known: Version, title: str, found: GatewayFindings) -> Iterator[Check]:
    yield Check("health", found.healthy, found.health)
    if found.running is None:
        nothing = (
            f"nothing on this host serves {config.serving_place}" if config.serves else f"{title} is not installed"
        )
        yield Check("process", False, nothing)
        return
    yield Check("process", found.version is not None, found.running)
    if found.unwell is not None:
        yield Check("healthcheck", False, found.unwell)
    for what, version in (("what runs is", found.version), ("it answers that it is", found.answers)):
        if version is not None:
            yield Check("version", version == known, f"{what} {version}; the log says {known}")
