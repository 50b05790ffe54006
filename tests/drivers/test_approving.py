"""An upgrade that waits for people, with a gateway that goes on serving meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Approve, Report, RequestUpgrade
from astrolabe.store.ids import new_id
from tests.world import World

pytestmark = pytest.mark.kinds("npx")

ALWAYS = ApprovalPolicy("always")
BOB = Cause("bob", "CHG-4711, read the notes", "api")


async def approve(standin: World) -> None:
    """Let bob approve the upgrade, as the API does."""
    command = Approve(await standin.upgrade_id(), "bob", datetime.now(UTC))
    await standin.instances.execute(await standin.loaded(), command, BOB)


async def asked(standin: World, target: str = "2.0.0") -> None:
    """Let alice ask for an upgrade, and a worker do all that is due."""
    await standin.ask(RequestUpgrade(new_id(), target, "alice"))
    await standin.carry_out()


async def test_who_approves_is_told_what_the_registry_warns_of(standin: World) -> None:
    """The plan that waits says it, and the sentence that is read in the history."""
    standin.deprecate("2.0.0", "loses data, do not use")
    await standin.reconfigure(approvals=ALWAYS)
    await asked(standin)
    assert isinstance((await standin.loaded()).state, s.Waiting)
    assert (await standin.summary(e.PreflightPassed)).endswith(
        "; deprecated: standin-gateway@2.0.0: loses data, do not use"
    )


async def test_nothing_is_touched_before_somebody_else_approves(standin: World) -> None:
    """The old version serves while the plan waits; approved by another the upgrade runs, and the trail has both."""
    await standin.reconfigure(approvals=ALWAYS)
    await asked(standin)
    waiting = (await standin.loaded()).state
    assert isinstance(waiting, s.Waiting)
    assert waiting.plan.new.version == "2.0.0"
    assert (await standin.running(), standin.dumps()) == ("1.1.0", [])
    await standin.write("written while it waits")
    await approve(standin)
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await standin.running()
    assert "written while it waits" in await standin.items()
    trail = {type(each.event): (each.cause.actor, each.cause.reason) for each in loaded.history}
    assert trail[e.UpgradeRequested] == ("alice", "to try it")
    assert trail[e.UpgradeApproved] == ("bob", "CHG-4711, read the notes")


async def test_a_plan_that_changed_since_its_approval_is_not_carried_out(standin: World) -> None:
    """`latest` moved to another version between the approval and the start: refused, naming both."""
    await standin.reconfigure(approvals=ALWAYS)
    await standin.move_latest("1.2.0")
    await asked(standin, "latest")
    await standin.move_latest("2.0.0")
    await approve(standin)
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.last
    assert loaded.state.instance.last.outcome == "refused"
    problem = await standin.problem()
    assert problem.code == "plan-changed"
    assert "1.2.0" in problem.detail
    assert "2.0.0" in problem.detail
    assert await standin.running() == "1.1.0"


async def test_what_nobody_approved_in_time_is_recorded_by_a_worker(standin: World) -> None:
    """The reconcile loop's worker ends it as expired, in its own name."""
    await standin.reconfigure(approvals=ALWAYS)
    upgrade_id = new_id()
    await standin.ask(RequestUpgrade(upgrade_id, "2.0.0", "alice"))
    old, new = await standin.artifact("1.1.0"), await standin.artifact("2.0.0")
    long_ago = datetime.now(UTC) - timedelta(days=30)
    await standin.ask(Report(e.PreflightPassed(upgrade_id, Plan(old, new), long_ago)))
    loaded = await standin.carry_out("worker-9")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.last
    assert loaded.state.instance.last.outcome == "expired"
    last = loaded.history[-1]
    assert (type(last.event), last.cause.actor) == (e.ApprovalExpired, "worker-9")
    assert last.cause.reason == "nobody approved it in time"
