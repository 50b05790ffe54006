"""What is compared with typed commands: each case can be carried out either way, and stands in the table once."""

import pytest

from tests.chaos.case import CASES, KILLED, Case
from tests.chaos.faults import FAULTS


def test_every_case_is_told_apart() -> None:
    """No two lines of the table say the same."""
    assert len({case.what for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_case_is_the_same_for_both(case: Case) -> None:
    """A fault of Astrolabe's scenario is one that there is, at a moment that an upgrade to the release passes."""
    (blow,) = case.scenario.blows
    assert blow.fault in FAULTS
    assert blow.moment.event in {"always", *case.scenario.target.way}
    assert bool(case.step) == (case.fault not in {"nothing", "supervisor"})
    assert (blow.fault == "worker killed") == (case.fault == KILLED)
