"""Whatever is asked in whatever order: the promises of the state machine, tried at random."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from astrolabe.domain.plans.approval import ApprovalPolicy
from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import (
    Adopt,
    Approve,
    Cancel,
    Command,
    FailStep,
    Reconfigure,
    Register,
    Reject,
    Report,
    RequestRollback,
    RequestUpgrade,
    Retire,
    Retry,
    Review,
)
from astrolabe.domain.upgrades.decide import decide
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.identity_of import identity_of, moved_to
from astrolabe.domain.upgrades.instance import Run
from astrolabe.domain.upgrades.reconcile import ACTIONS, Action, Discard, Expiry, due, due_at
from astrolabe.domain.words import STEPS
from tests.domain import strategies, worker
from tests.domain.given import given as given_events
from tests.domain.samples import (
    AT,
    AT_ONCE,
    BARE,
    CONFIG,
    EVENTS,
    HISTORIES,
    LATER,
    PROBLEM,
    REQUESTED,
    ROLLED_BACK,
    SUCCEEDED,
)

VERSIONS = ("5.6.0", "6.10.1", "7.5.1", "8.2.0")
replay = INSTANCE_DECIDER.replay
FOREVER = LATER + timedelta(days=10_000)
PEOPLE = st.sampled_from(["alice", "bob", "carol"])
GATED = tuple(
    replace(config, approvals=ApprovalPolicy("always", approvers)) for config in (CONFIG, BARE) for approvers in (1, 2)
)
WHICH = st.sampled_from(["new", "old"])
PACE = st.sampled_from([20, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
"""How many things a worker does before something else happens; the first takes an upgrade to its end."""


class Instance(RuleBasedStateMachine):
    """One instance, its users and its workers, none of whom waits for another."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[e.Event] = []
        self.state: s.State = s.Absent()
        self.requested = 0

    @initialize(config=st.sampled_from([CONFIG, BARE, AT_ONCE, *GATED]), known=st.booleans(), found=st.booleans())
    def register(self, config: Any, known: bool, found: bool) -> None:
        """Begin with an instance, with or without a database, whose upgrades wait for approval or not."""
        self.ask(Register(config, "5.6.0" if known else None))
        if found:
            self.look(well=True, version="5.6.0")

    @precondition(lambda self: isinstance(self.state, s.Adopting | s.Idle))
    @rule(well=st.booleans(), version=st.sampled_from(["5.6.0", "6.10.1"]))
    def look(self, well: bool, version: str) -> None:
        """A worker looks at what runs, in an adoption or by and by."""
        if isinstance(self.state, s.Adopting):
            attempt = self.state.attempt
            found = e.InstanceAdopted(attempt, "npx", version, "seen", AT)
            self.ask(Report(found if well else e.AdoptionRefused(attempt, PROBLEM, AT)))
        else:
            self.ask(Report(e.InstanceObserved(version if well else None, "seen", AT)))

    @precondition(lambda self: isinstance(self.state, s.Unadopted | s.Idle))
    @rule()
    def adopt(self) -> None:
        """Somebody asks for another look, or vouches for what was seen."""
        self.ask(Adopt(AT))

    def ask(self, command: Command) -> None:
        """Ask, and take what is decided into the history; being refused is the only other answer."""
        try:
            events = decide(command, self.state)
        except Refused:
            return
        for event in events:
            before, self.state = self.state, evolve(self.state, event)
            self.history.append(event)
            self.moved(before, event)

    def moved(self, before: s.State, event: e.Event) -> None:
        """Check what may change with one event."""
        identity = identity_of(self.state)
        assert moved_to(before, self.state) == (None if identity == identity_of(before) else identity)
        if isinstance(before, s.Unversioned):
            known = e.InstanceAdopted | e.InstanceRegistered
            assert isinstance(self.state, s.Unversioned) or isinstance(event, known)
            return
        assert not isinstance(self.state, s.Unversioned), "a version once known is never forgotten"
        if before.instance.version != self.state.instance.version:
            arrived = e.UpgradeSucceeded | e.UpgradeUnwell
            assert isinstance(event, arrived | e.UpgradeRolledBack | e.InstanceTakenOver | e.DriftAccepted)
        if isinstance(event, e.RollbackStarted) and isinstance(before, s.Busy) and event.cause in {"failure", "cancel"}:
            let_in = any(isinstance(each, e.CutOver) and each.verified for each in self.attempt(before.run))
            assert not let_in or (event.writes and event.writes.total == 0), "past cutover nothing goes back unasked"
        was, now = worker.busy(before), worker.busy(self.state)
        if was and now:
            assert was.run == now.run, "no two upgrades overlap"
        if isinstance(self.state, s.RollingBack) and self.state.back.migrated:
            assert (self.state.back.copy is None) == (self.state.instance.config.database is None)
        if isinstance(before, s.Waiting) and isinstance(self.state, s.Approved):
            assert isinstance(event, e.UpgradeApproved)
            approvers = {*(each.approver for each in before.approvals), event.approver}
            assert len(approvers) >= before.instance.config.approvals.approvers
            assert approvers.isdisjoint(before.run.requesters), "nobody approves a request of their own"
        if isinstance(self.state, s.Pulled) and self.state.instance.config.approvals.when == "always":
            run = self.state.run
            approved = any(isinstance(each, e.UpgradeApproved) and each.missing == 0 for each in self.attempt(run))
            assert approved or run.emergency, "nothing is touched without an approval"
        if isinstance(event, e.UpgradeRolledBack) and isinstance(before, s.Restored):
            assert self.state.instance.version == before.back.artifact.version

    def attempt(self, run: Run) -> list[e.Event]:
        """Return the history of an upgrade since it was last requested or retried."""
        since = [n for n, each in enumerate(self.history) if isinstance(each, e.UpgradeRequested | e.UpgradeRetried)]
        return [each for each in self.history[since[-1] :] if getattr(each, "upgrade_id", None) == run.upgrade_id]

    def upgrade_id(self, which: str) -> str:
        """Name an upgrade that was requested, or one that never was."""
        return f"upgrade-{self.requested if which == 'new' else max(0, self.requested - 1)}"

    @rule(wanted=st.sampled_from([*VERSIONS, "latest"]), who=PEOPLE, rush=st.booleans(), well=PACE, fail=st.booleans())
    def request(self, wanted: str, who: str, rush: bool, well: int, fail: bool) -> None:
        """Somebody asks for a version, perhaps in an emergency, and a worker begins."""
        self.requested += 1
        self.ask(RequestUpgrade(f"upgrade-{self.requested}", wanted, who, emergency=rush, reason="why"))
        self.work(well, fail)

    @rule(kind=st.sampled_from([Approve, Approve, Approve, Reject, Review]), who=PEOPLE, which=WHICH, well=PACE)
    def judge(self, kind: Any, who: str, which: str, well: int) -> None:
        """Somebody approves, rejects or reviews, whatever is the case, and a worker goes on."""
        arguments: tuple[Any, ...] = ("accepted", AT) if kind is Review else (AT,)
        self.ask(kind(self.upgrade_id(which), who, *arguments))
        self.work(well, fail=False)

    @rule(kind=st.sampled_from([Cancel, Retry, RequestRollback]), which=WHICH, well=PACE, fail=st.booleans())
    def press_a_button(self, kind: Any, which: str, well: int, fail: bool) -> None:
        """Somebody cancels, retries or rolls back, whatever is the case, and a worker goes on."""
        arguments = (LATER,) if kind is Cancel else ()
        self.ask(kind(self.upgrade_id(which), *arguments))
        self.work(well, fail)

    @rule(port=st.integers(4000, 4002))
    def reconfigure(self, port: int) -> None:
        """Somebody changes the configuration."""
        config = getattr(getattr(self.state, "instance", None), "config", CONFIG)
        self.ask(Reconfigure(replace(config, port=port)))

    @precondition(lambda self: len(self.history) > 60)
    @rule()
    def retire(self) -> None:
        """Somebody retires the instance."""
        self.ask(Retire())

    @precondition(lambda self: worker.busy(self.state) is not None)
    @rule(well=PACE, fail=st.booleans())
    def go_on(self, well: int, fail: bool) -> None:
        """Another worker takes over."""
        self.work(well, fail)

    def work(self, well: int, fail: bool) -> None:
        """A worker does a few things that are due well, and then perhaps fails in one."""
        for _ in range(well):
            if state := worker.busy(self.state):
                self.ask(worker.success(state))
        if fail and (state := worker.busy(self.state)):
            self.ask(worker.failure(state))

    @precondition(lambda self: isinstance(self.state, s.RollingBack) and self.state.back.left)
    @rule(old=st.booleans(), swapped=st.booleans())
    def take_over(self, old: bool, swapped: bool) -> None:
        """A worker finds what a person brought up, and what is beside it."""
        assert isinstance(self.state, s.RollingBack)
        run, back = self.state.run, self.state.back
        new = back.to.version if back.to else self.state.instance.version
        copy = back.copy.database if back.copy and not swapped else f"after.{run.upgrade_id}.{run.attempt}"
        version, beside = back.artifact.version if old else new, (copy,) if back.copy else ()
        self.ask(Report(e.InstanceTakenOver(run.upgrade_id, version, (), AT, beside)))
        assert isinstance(self.state, s.Idle)
        assert self.state.instance.version == version

    @precondition(lambda self: due_at(self.state) is not None)
    @rule()
    def discard(self) -> None:
        """A worker discards what was kept long enough, and notes what people left undone."""
        match due(self.state, FOREVER):
            case Discard(kept):
                self.ask(Report(e.KeptDiscarded(kept.what, kept.name)))
            case Expiry("approval", upgrade_id):
                self.ask(Report(e.ApprovalExpired(upgrade_id, FOREVER)))
            case Expiry("review", upgrade_id):
                self.ask(Report(e.ReviewOverdue(upgrade_id, FOREVER)))
            case _:
                pass

    @rule(event=strategies.events, which=WHICH)
    def report_anything(self, event: Any, which: str) -> None:
        """A worker that is late or mad reports something."""
        if "upgrade_id" in type(event).__struct_fields__:
            event = type(event)(**{**_fields(event), "upgrade_id": self.upgrade_id(which)})
        if isinstance(event, e.Fact):
            self.ask(Report(event))

    @rule(step=st.sampled_from([*STEPS, "rollback"]), which=WHICH)
    def fail_anything(self, step: Any, which: str) -> None:
        """A worker that is late or mad fails some step."""
        self.ask(FailStep(self.upgrade_id(which), step, PROBLEM, LATER))

    @invariant()
    def at_most_one_action_is_due(self) -> None:
        """A busy instance has exactly one thing due, and one at rest at most a discard."""
        action = due(self.state, FOREVER)
        if worker.busy(self.state) or isinstance(self.state, s.Adopting):
            assert action == Action(ACTIONS[type(self.state)])
            assert due_at(self.state) is None
        else:
            assert action is None or isinstance(action, Discard | Expiry)
            assert (action is None) == (due_at(self.state) is None)

    @invariant()
    def the_history_tells_the_state(self) -> None:
        """Replaying everything leads to where the instance is."""
        assert replay(self.history) == self.state

    @invariant()
    def a_rollback_point_belongs_to_the_success_before(self) -> None:
        """There is a rollback point exactly where there is a success to take back."""
        if not isinstance(self.state, s.Unversioned):
            instance = self.state.instance
            assert (instance.rollback_point is None) == (instance.succeeded is None)
            if instance.rollback_point and instance.succeeded:
                assert instance.rollback_point.upgrade_id == instance.succeeded.upgrade_id

    @invariant()
    def nothing_is_kept_twice(self) -> None:
        """What is kept aside has one entry, and the current rollback point none."""
        if not isinstance(self.state, s.Unversioned):
            instance = self.state.instance
            names = [(kept.what, kept.name) for kept in instance.kept]
            assert len(names) == len(set(names))
            if instance.rollback_point and instance.rollback_point.copy:
                assert ("database", instance.rollback_point.copy.database) not in names


def _fields(event: Any) -> dict[str, Any]:
    return {field: getattr(event, field) for field in event.__struct_fields__}


TestInstance = Instance.TestCase
TestInstance.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


@settings(max_examples=200)
@given(
    st.lists(st.booleans(), max_size=40),
    st.sampled_from([CONFIG, BARE, AT_ONCE]),
    st.sampled_from(["6.10.1", "latest"]),
)
def test_an_upgrade_ends_whatever_its_workers_meet(choices, config, target):
    """Success or failure at each step due leads to an end, and to the old or to the new version."""
    state = replay([e.InstanceRegistered(config, "5.6.0"), e.UpgradeRequested("upgrade-1", "5.6.0", target)])
    for steps in range(20):
        busy = worker.busy(state)
        if busy is None:
            break
        well = choices[steps] if steps < len(choices) else True
        state = replay(decide(worker.success(busy) if well else worker.failure(busy), state), state)
    assert isinstance(state, worker.FINAL)
    new = "99.0.0" if target == "latest" else target
    assert state.instance.version in {"5.6.0", new}
    if isinstance(state, s.Idle):
        assert state.instance.last is not None
        assert (state.instance.last.outcome in {"succeeded", "unwell"}) == (state.instance.version == new)


def test_an_upgrade_fails_at_each_step_in_turn():
    """Failing at the n-th step alone ends refused, failed or rolled back on the old version, never inconsistent."""
    outcomes = []
    for failing in range(9):
        state = given_events(*REQUESTED).state
        for nth in range(20):
            busy = worker.busy(state)
            if busy is None:
                break
            state = replay(decide(worker.failure(busy) if nth == failing else worker.success(busy), state), state)
        assert isinstance(state, s.Idle)
        assert state.instance.last is not None
        outcomes.append(state.instance.last.outcome)
        assert state.instance.version == "5.6.0"
    assert outcomes == ["refused", "failed", "failed", "failed", *["rolled_back"] * 5]


@settings(max_examples=150)
@given(st.data())
def test_evolve_is_total(data):
    """Any event in any state gives a state, and an event that does not follow leaves it as it was."""
    state = replay(data.draw(st.sampled_from(list(HISTORIES.values()))))
    event = data.draw(strategies.events)
    after = evolve(state, event)
    assert isinstance(after, s.State)
    due(after, FOREVER)


def test_every_pair_of_event_and_state_has_an_answer():
    """Each example event in each example state leads to a state."""
    for history in HISTORIES.values():
        for event in EVENTS:
            assert isinstance(evolve(replay(history), event), s.State)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(EVENTS), max_size=25), st.integers(0, 25))
def test_a_replay_may_be_cut_anywhere(history, cut):
    """Folding a prefix and then the rest is folding the whole."""
    assert replay(history[cut:], replay(history[:cut])) == replay(history)


def test_a_replay_of_nothing_stays_where_it_is():
    """No events move no state."""
    for history in (SUCCEEDED, ROLLED_BACK):
        assert replay([], replay(history)) == replay(history)
    assert replay([]) == s.Absent()
