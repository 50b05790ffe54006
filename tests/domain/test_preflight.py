"""Preflight's judgement: what was found becomes a plan, or the reason why nothing may begin."""

from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from astrolabe.domain.plans.plan import NAMED_ALREADY, NEXT_UP, Check, Plan
from astrolabe.domain.problem import Problem
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.route import Route
from astrolabe.domain.supervision.supervision import Supervision, Verdict
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.database_findings import DatabaseFindings, DiskCapacity
from astrolabe.domain.upgrades.database_obstacles import DatabaseObstacles
from astrolabe.domain.upgrades.events import PreflightPassed
from astrolabe.domain.upgrades.instance import Instance, Run
from astrolabe.domain.upgrades.preflight import Findings, GatewayFindings, judge, judge_route
from astrolabe.domain.upgrades.sentences import sentence
from tests.domain.samples import AT, BARE, CONFIG, NEW, NEWER, OLD, UP

RUN = Run(UP, 1, "5.6.0", "6.10.1")
REQUESTED = s.Requested(Instance(CONFIG, "5.6.0"), RUN)
STOP = Release("6.10.1", "Everything moves.", breaking=True, required_stop=True)
ROUTE = Route(("6.10.1",), (), known=True)
SERVING = GatewayFindings(True, "200 ok", "process 7 runs unleash-server", "5.6.0", "5.6.0")
DATABASE = DatabaseFindings(
    name="unleash",
    owned=True,
    may_create=True,
    unsettable=None,
    maintained_from="postgres",
    server=15,
    pg_dump=15,
    disks=(DiskCapacity("dump", "/backups", 1000, 1100), DiskCapacity("copy", None, 1000, None)),
    migrations_table="public.migrations",
    history=("001", "002"),
    obstacles=DatabaseObstacles("unleash"),
)
FOUND = Findings(OLD, (NEW,), SERVING, (Check("node", True, "fits"),), DATABASE)


def verdict(found: Findings = FOUND, state: s.Requested | s.Approved = REQUESTED, **advice: str) -> Plan | Problem:
    """Judge findings."""
    return judge(state, "Unleash", ROUTE, found, advice)


def problem(found: Findings, **advice: str) -> Problem:
    """Judge findings that allow nothing."""
    refused = verdict(found, REQUESTED, **advice)
    assert isinstance(refused, Problem)
    return refused


def test_findings_without_fault_become_a_plan_that_tells_all_of_them() -> None:
    """Each leg's artifact, what the kind needs, the gateway and the database, in this order."""
    plan = verdict(replace(FOUND, legs=(NEW, NEWER)))
    assert isinstance(plan, Plan)
    assert (plan.old, plan.stops, plan.new) == (OLD, (NEW,), NEWER)
    assert [check.name for check in plan.checks] == [
        *("artifact", "artifact", "node", "health", "process", "version", "version"),
        *("rights", "settings", "maintenance", "tools", "collation", "prepared-transactions", "foreign-sessions"),
        *("disk", "disk", "migrations"),
    ]
    assert all(check.ok for check in plan.checks)


def test_what_a_registry_warns_of_is_told_and_refuses_nothing() -> None:
    """It is in the plan that others approve, and in the sentence that the log tells of it."""
    plan = verdict(replace(FOUND, deprecated=("unleash-server@6.10.1: loses data",)))
    assert isinstance(plan, Plan)
    assert Check("deprecated", ok=True, seen="unleash-server@6.10.1: loses data") in plan.checks
    told = sentence("preflight_passed", to_builtins(PreflightPassed(UP, plan, AT)))
    assert told.endswith("; deprecated: unleash-server@6.10.1: loses data")


@pytest.mark.parametrize(("seen", "end"), [("write TAG=v2", "; after it write TAG=v2"), (NAMED_ALREADY, "…")])
def test_what_the_owner_has_to_write_is_in_the_sentence(seen: str, end: str) -> None:
    """It is said before anything is touched, and only where there is something to write."""
    plan = verdict(replace(FOUND, kind=(Check(NEXT_UP, True, seen),)))
    assert isinstance(plan, Plan)
    assert sentence("preflight_passed", to_builtins(PreflightPassed(UP, plan, AT))).endswith(end)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"owned": False}, "rights"),
        ({"may_create": False}, "rights"),
        ({"unsettable": "permission denied"}, "settings"),
        ({"server": 16}, "tools"),
        ({"disks": (DiskCapacity("dump", "/backups", 1000, 1099),)}, "disk"),
        ({"history": None}, "migrations"),
    ],
)
def test_a_database_that_cannot_be_copied_begins_nothing(changed: dict[str, Any], code: str) -> None:
    """Every condition of the way back is one of preflight's."""
    assert problem(replace(FOUND, database=replace(DATABASE, **changed))).code == f"preflight-{code}"


def test_what_cannot_be_seen_holds_nothing_up() -> None:
    """A server's disk on another host, and a product without a migration history, are told and pass."""
    unseen = replace(DATABASE, disks=(DiskCapacity("copy", "/data", 1000, None),), migrations_table=None, history=None)
    plan = verdict(replace(FOUND, database=unseen))
    assert isinstance(plan, Plan)
    told = [check.seen for check in plan.checks if check.name in {"disk", "migrations"}]
    assert told == [
        "copy: 1,000 bytes needed; the server's disk cannot be seen from here",
        "the product keeps no migration history that Astrolabe knows of",
    ]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"healthy": False}, "health"),
        ({"running": None}, "process"),
        ({"version": None}, "process"),
        ({"version": "5.7.0"}, "version"),
        ({"answers": "5.7.0"}, "version"),
        ({"unwell": "its healthcheck says unhealthy"}, "healthcheck"),
    ],
)
def test_a_gateway_that_is_not_the_one_in_the_log_begins_nothing(changed: dict[str, Any], code: str) -> None:
    """It must serve, be the product, and be the version that the log believes by its files and its answers."""
    assert problem(replace(FOUND, gateway=replace(SERVING, **changed))).code == f"preflight-{code}"


LOOP = Supervision("refused", "a shell", "process 7 (sh loop.sh) runs it in a loop", "Stop the loop, then retry.")


@pytest.mark.parametrize("verdict_of", ["refused", "unknown"])
def test_a_gateway_that_somebody_brings_back_is_not_stopped(verdict_of: Verdict) -> None:
    """Who starts it again is named, and what to do about them; who cannot be told is never taken for nobody."""
    refused = problem(replace(FOUND, supervision=replace(LOOP, verdict=verdict_of)))
    assert (refused.code, refused.todo) == ("preflight-supervised", "Stop the loop, then retry.")
    assert refused.detail.endswith("process 7 (sh loop.sh) runs it in a loop")


@pytest.mark.parametrize("verdict_of", ["nobody", "handled"])
def test_a_stop_that_can_be_made_to_last_is_told(verdict_of: Verdict) -> None:
    """The plan says who keeps the gateway running, or that nobody does."""
    plan = verdict(replace(FOUND, supervision=replace(LOOP, verdict=verdict_of)))
    assert isinstance(plan, Plan)
    assert Check("supervised", True, "process 7 (sh loop.sh) runs it in a loop") in plan.checks


def test_a_gateway_that_does_not_say_its_version_is_known_by_its_files() -> None:
    """A product without an address for its version passes."""
    assert isinstance(verdict(replace(FOUND, gateway=replace(SERVING, answers=None))), Plan)


def test_an_instance_without_a_database_is_asked_for_none() -> None:
    """Nothing is checked that it does not have."""
    bare = s.Requested(Instance(BARE, "5.6.0"), RUN)
    plan = verdict(replace(FOUND, database=None), bare)
    assert isinstance(plan, Plan)
    assert {check.name for check in plan.checks} == {"artifact", "node", "health", "process", "version"}


def test_a_refusal_counts_the_reasons_shows_all_checks_and_says_what_to_do() -> None:
    """What is to be done about a check of the kind, the kind itself says."""
    found = replace(FOUND, kind=(Check("node", False, "wants 22"),), gateway=replace(SERVING, healthy=False))
    refused = problem(found, node="Install Node.js 22.")
    assert refused.detail == "Preflight found 2 reasons not to begin: wants 22"
    assert refused.todo == "Install Node.js 22."
    assert "health: 200 ok" in refused.seen
    assert "rights: owns unleash: True; may create databases: True" in refused.seen


def test_an_approved_plan_is_carried_out_as_it_was_approved_or_not_at_all() -> None:
    """Another artifact under the same version is another plan."""
    approved = s.Approved(REQUESTED.instance, RUN, Plan(OLD, NEW, breaking=()))
    assert isinstance(verdict(state=approved), Plan)
    moved = verdict(replace(FOUND, legs=(replace(NEW, integrity="sha512-other"),)), approved)
    assert isinstance(moved, Problem)
    assert moved.code == "plan-changed"
    assert "sha512-other" in moved.detail


def test_the_gate_is_judged_on_what_was_resolved() -> None:
    """`latest` may turn out to be what runs, or to lie behind what breaks; an acknowledged release is passed."""
    same = judge_route(REQUESTED, (STOP,), "5.6.0")
    assert isinstance(same, Problem)
    assert same.code == "already-at-version"
    breaks = judge_route(REQUESTED, (STOP,), "7.5.1")
    assert isinstance(breaks, Problem)
    assert (breaks.code, "acknowledge_breaking" in breaks.todo) == ("breaking-release", True)
    acknowledged = replace(REQUESTED, run=replace(RUN, acknowledged=("6.10.1",)))
    route = judge_route(acknowledged, (STOP,), "7.5.1")
    assert isinstance(route, Route)
    assert route.legs == ("6.10.1", "7.5.1")
