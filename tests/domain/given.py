"""The words of a specification: given(events).when(command).then(events), or .refuses(code)."""

from dataclasses import dataclass
from typing import Self

import pytest

from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades.commands import Command
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.states import State


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
