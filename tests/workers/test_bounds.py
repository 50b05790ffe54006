"""What a worker reports fits an entry of the log, whatever it saw."""

import pytest

from astrolabe.domain.plans.plan import Check
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.store.log.entry import MAX_ENTRY, encode, make_entry
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.programs.output import Redactor
from astrolabe.workers.steps.redaction import redacted
from tests.domain.samples import AT, UP
from tests.store.stage import BY

STREAM = "0190f000-0000-7000-8000-00000000000a"


@pytest.mark.parametrize("letter", ["x", "\U0001f600", '"', "\x1b"])
def test_the_longest_report_fits(letter: str) -> None:
    """A failure with everything that was seen, and a success with as many checks and tables as may be, are recorded."""
    long = letter * 10_000
    problem = StepFailed("unexpected", long, seen=[long] * 100, todo=long).problem
    checks = tuple(Check(f"check-{nth}", ok=True, seen=long) for nth in range(20))
    writes = Writes(5000, {f"{letter * 15}{nth}.{'t' * 63}": 1 for nth in range(5000)}).bounded()
    for event in (
        e.UpgradeFailed(UP, "backup", problem, AT),
        e.UpgradeRefused(UP, problem, AT, checks),
        e.UpgradeSucceeded(UP, "6.10.1", checks, writes, AT),
        e.RollbackRefused(UP, problem, writes),
        e.StepProgressed(UP, "migrate", long),
    ):
        raw = encode(make_entry(STREAM, 1, redacted(event, Redactor()), BY))
        assert len(raw) < MAX_ENTRY
        assert letter * 50 in redacted(problem, Redactor()).detail
