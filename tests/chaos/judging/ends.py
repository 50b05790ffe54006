"""Ends: every run comes to rest, on the old version or on the new one, with a gateway that serves just that."""

from collections.abc import Iterator

from astrolabe.domain.upgrades.states import Idle, Inconsistent, State
from tests.chaos.evidence import Evidence
from tests.chaos.target import OLD, migrations


def nobody_at_it(evidence: Evidence) -> Iterator[str]:
    """Nothing is under way any more."""
    if evidence.stuck:
        yield evidence.stuck


def not_allowed(evidence: Evidence) -> Iterator[str]:
    """The instance is at rest on the old version or on the new one; nothing here makes more unavoidable."""
    for state in (evidence.stream.state, *([evidence.twin.state] if evidence.twin else [])):
        if isinstance(state, Inconsistent):
            yield f"inconsistent: {state.problem.detail} To do: {state.problem.todo or 'nothing is said'}"
        elif not isinstance(state, Idle):
            yield f"the instance is left {type(state).__name__}"
        elif state.instance.version not in {OLD, evidence.scenario.target.version}:
            yield f"the log says {state.instance.version}, which is neither the old version nor the new"


def not_serving(evidence: Evidence) -> Iterator[str]:
    """What the log says to run does run, on the schema of that version, and takes writes."""
    version = _version(evidence.stream.state)
    if version is None:
        return
    runs = evidence.gateways.version
    if runs != version:
        yield f"the log says that {version} runs, and {runs or 'nobody'} answers"
    elif not evidence.gateways.takes_writes:
        yield f"{version} answers, and takes no writes"
    if evidence.live is None:
        yield "there is no database of the instance's name that takes connections"
    elif evidence.live.migrations != migrations(version):
        changed = sorted(evidence.live.migrations ^ migrations(version))
        yield f"the database is not that of {version}: {', '.join(changed)}"


def fell_short(evidence: Evidence) -> Iterator[str]:
    """A good release is reached where nothing hinders it; a bad one is never what is left."""
    scenario, version = evidence.scenario, _version(evidence.stream.state)
    last = evidence.stream.state.instance.last if isinstance(evidence.stream.state, Idle) else None
    if version == scenario.target.version and not scenario.target.good and last and last.outcome == "succeeded":
        yield f"{version} is no good, and counts as a success"
    succeeded = any(type(each.event).__name__ == "UpgradeSucceeded" for each in evidence.stream.stored)
    if scenario.target.good and not scenario.hindered and not succeeded:
        problems = [
            problem.detail for each in evidence.stream.stored if (problem := getattr(each.event, "problem", None))
        ]
        yield f"nothing hindered the upgrade to {scenario.target.version}, and it failed: {'; '.join(problems)}"


def noted(evidence: Evidence) -> Iterator[str]:
    """What a fault itself found to be wrong."""
    yield from evidence.notes


def _version(state: State) -> str | None:
    return state.instance.version if isinstance(state, Idle) else None
