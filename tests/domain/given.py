"""The words of a specification: given(events).when(command).then(events), or .refuses(code)."""

from dataclasses import dataclass
from typing import Self

import pytest

from astrolabe.domain.plans.rollback_point import RollbackPoint
from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Command
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.instance import Instance
from astrolabe.domain.upgrades.states import State
from astrolabe.domain.upgrades.under_way import WayBack


@dataclass(frozen=True)
class When:
    """A command that meets a state."""

    state: State
    command: Command

    def then(self, *events: Event) -> State:
        """Expect exactly these events; return the state that they lead to."""
        decided = INSTANCE_DECIDER.decide(self.command, self.state)
        assert decided == events
        return INSTANCE_DECIDER.replay(decided, self.state)

    def then_nothing(self) -> None:
        """Expect the command to be accepted with nothing to record."""
        assert INSTANCE_DECIDER.decide(self.command, self.state) == ()

    def refuses(self, code: str) -> Refused:
        """Expect a refusal of this kind, in a sentence."""
        with pytest.raises(Refused) as caught:
            INSTANCE_DECIDER.decide(self.command, self.state)
        assert caught.value.code == code
        assert caught.value.detail.endswith(".")
        return caught.value


@dataclass(frozen=True)
class Given:
    """A history, and the state that it leads to."""

    state: State

    def and_then(self, *events: Event) -> Self:
        """Go on with further history."""
        return type(self)(INSTANCE_DECIDER.replay(events, self.state))

    def when(self, command: Command) -> When:
        """Ask something of it."""
        return When(self.state, command)


def given(*events: Event) -> Given:
    """Begin with a history."""
    return Given(INSTANCE_DECIDER.replay(events))


def instance_of(state: State) -> Instance:
    """Return the instance of a state, of which the version is known."""
    assert not isinstance(state, s.Unversioned)
    return state.instance


def rollback_point_of(state: State) -> RollbackPoint:
    """Return the way back of the last success, which there is."""
    point = instance_of(state).rollback_point
    assert point is not None
    return point


def outcome_of(state: State) -> str:
    """Return how the last upgrade ended; there was one."""
    last = instance_of(state).last
    assert last is not None
    return last.outcome


def way_back_of(state: State) -> WayBack:
    """Return what a way back that is under way, or stuck, goes by."""
    assert isinstance(state, s.RollingBack | s.Restored | s.Inconsistent)
    return state.back
