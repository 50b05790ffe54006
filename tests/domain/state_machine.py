"""Writes docs/state-machine.md from the code: `python -m tests.domain.state_machine`."""

from pathlib import Path

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.evolve import evolve
from astrolabe.domain.upgrades.reconcile import ACTIONS
from tests.domain.samples import (
    ASKED_BACK,
    BARE,
    EMERGENCY,
    EVENTS,
    FIRST_LEG,
    HISTORIES,
    IDLE,
    LEFT,
    RETIRED,
    ROLLED_BACK,
    SUCCEEDED,
    observed,
    unversioned,
)

replay = INSTANCE_DECIDER.replay
PAGE = Path(__file__).parents[2] / "docs" / "state-machine.md"

INTRODUCTION = """\
# The state machine of an instance

Written from the code by `python -m tests.domain.state_machine`; a test compares the two.

`decide(command, state)` says which events follow from a command, `evolve(state, event)` which state an event leads to,
and `due(state)` what a worker does next. An event that is not named beside a state changes nothing there, and `decide`
refuses what would not follow. Before `Stopping` every way out is free; from there on every way out but cutover is the
way back, which loses nothing, for nobody was let in; and the way back ends on the old version or, where a person must
act, in `Inconsistent`. Past cutover nothing goes back by itself unless nobody wrote: an unwell version is an alarm. A
way back that nobody accepted to lose a write with is called off where it would lose one: `Resuming`.

`StepStarted` and `StepProgressed` show a reader how far a step is; of them only the start of the step migrate moves the
instance, from `Pulled` to `Stopping`.
"""

PARTS: tuple[tuple[str, tuple[type[s.State], ...]], ...] = (
    ("Nobody knows which version runs", (s.Absent, s.Adopting, s.Unadopted, s.Withdrawn)),
    ("At rest", (s.Idle, s.Retired)),
    ("Nothing touched yet", (s.Requested, s.Waiting, s.Approved, s.Planned, s.BackedUp, s.Pulled)),
    ("The old version is stopped", (s.Stopping, s.Stopped, s.Copied, s.Migrating, s.Migrated, s.Verified)),
    ("Past the point of no return", (s.Serving,)),
    ("The way back", (s.Assessing, s.RollingBack, s.Resuming, s.Restored, s.Inconsistent)),
)

WAITS = {
    s.Absent: "nothing",
    s.Unadopted: "nothing: a person must act, then have it adopted again",
    s.Withdrawn: "nothing",
    s.Idle: "discard, when the retention of something kept aside has ended",
    s.Retired: "discard, when the retention of something kept aside has ended",
    s.Waiting: "nothing: others approve or reject; expiry, when the time for that has passed",
    s.Inconsistent: "nothing: a person must act, then retry",
}

REMEMBERING = {
    s.Planned: (EMERGENCY,),
    s.Migrated: (FIRST_LEG,),
    s.RollingBack: (ASKED_BACK, LEFT),
    s.Idle: (ROLLED_BACK, SUCCEEDED, (*IDLE, observed)),
    s.Retired: ((*ROLLED_BACK, RETIRED[-1]),),
}
"""Where the way on hangs on what the state remembers: an ended upgrade, a rollback point, something kept."""

TRIED = (*EVENTS, e.InstanceReconfigured(BARE), unversioned)

Moves = dict[tuple[type[s.State], type[s.State]], list[str]]


def moves() -> Moves:
    """Find which events lead from which state to which, by trying each in each."""
    found: Moves = {}
    for before in HISTORIES:
        for history in (HISTORIES[before], *REMEMBERING.get(before, ())):
            state = replay(history)
            for event in TRIED:
                after = evolve(state, event)
                names = found.setdefault((before, type(after)), []) if after != state else []
                if type(event).__name__ not in names:
                    names.append(type(event).__name__)
    return found


def page() -> str:
    """Write the whole page."""
    found = moves()
    parts = [INTRODUCTION]
    for title, states in PARTS:
        rows = "".join(_row(state, found) for state in states)
        parts.append(f"## {title}\n\n| state | due | events that leave it or change it |\n|---|---|---|\n{rows}")
    parts.append(f"## Diagram\n\n```mermaid\nstateDiagram-v2\n    [*] --> Absent\n{_arrows(found)}```\n")
    return "\n".join(parts)


def _row(state: type[s.State], found: Moves) -> str:
    ways = [
        f"{', '.join(f'`{name}`' for name in names)}{'' if after is state else f' → {after.__name__}'}"
        for (before, after), names in found.items()
        if before is state
    ]
    due = ACTIONS.get(state) or WAITS[state]
    return f"| `{state.__name__}`: {_sentence(state)} | {due} | {'<br>'.join(ways)} |\n"


def _sentence(state: type[s.State]) -> str:
    told = (state.__doc__ or "").strip().removesuffix(".")
    return told[0].lower() + told[1:]


def _arrows(found: Moves) -> str:
    return "".join(
        f"    {before.__name__} --> {after.__name__}: {', '.join(names)}\n"
        for (before, after), names in found.items()
        if before is not after
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
