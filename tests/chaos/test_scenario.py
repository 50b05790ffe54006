"""Scenarios come from their seed alone, and a few seeds have all there is."""

from tests.chaos.faults import FAULTS
from tests.chaos.moment import PHASES
from tests.chaos.scenario import scenario
from tests.chaos.target import TARGETS
from tests.chaos.writers import PSQL, SERVICE

CI = range(1, 41)


def test_a_seed_is_a_scenario() -> None:
    """The same seed is the same scenario, and another one another."""
    assert [scenario(seed) for seed in CI] == [scenario(seed) for seed in CI]
    assert len({str(scenario(seed)) for seed in CI}) == len(CI)


def test_forty_seeds_have_every_fault_release_and_writer() -> None:
    """What CI runs leaves no fault, no release, no writer and no part of an upgrade out."""
    drawn = [scenario(seed) for seed in CI]
    assert {blow.fault for each in drawn for blow in each.blows} == set(FAULTS)
    assert {each.target for each in drawn} == set(TARGETS)
    assert {writer for each in drawn for writer in each.writers} >= {SERVICE, PSQL}
    assert {blow.moment.phase for each in drawn for blow in each.blows} >= set(PHASES)


def test_what_is_left_out_never_happens() -> None:
    """A fault or a writer that is left out is in no scenario."""
    drawn = [scenario(seed, frozenset({"twin", SERVICE})) for seed in range(200)]
    assert "twin" not in {blow.fault for each in drawn for blow in each.blows}
    assert SERVICE not in {writer for each in drawn for writer in each.writers}


def test_blows_fall_where_an_upgrade_passes() -> None:
    """A moment is one that an upgrade to this release comes by."""
    for each in map(scenario, range(200)):
        assert {blow.moment.event for blow in each.blows} <= {"always", *each.target.way}
