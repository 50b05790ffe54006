"""Verify: everything that can tell whether the new version is well is asked, and believed."""

from astrolabe.domain.upgrades import events as e
from tests.drivers.outcomes import rolled_back
from tests.world import World


async def test_everything_that_can_tell_is_asked(standin: World) -> None:
    """Health, version, doctor, and the database's indexes and migrations; what cannot be asked is skipped, and why."""
    await standin.upgrade("2.0.0")
    copied = (await standin.one(e.DatabaseCopied)).copy
    assert await standin.copies() == ({copied.database} if copied else set())
    checks = {each.name: each for each in (await standin.one(e.UpgradeSucceeded)).checks}
    assert all(each.ok for each in checks.values())
    if standin.serves:
        assert copied
        assert checks.keys() == {"health", "version", "answered-version", "doctor", "indexes", "migrations"}
    else:
        assert checks.keys() == {"health", "version", "doctor"}
        assert checks["health"].seen == "skipped: it serves nobody"


async def test_a_doctor_that_complains_is_believed(standin: World) -> None:
    """A new version that is healthy but not well ends rolled back in verify."""
    turned = await rolled_back(standin, "1.6.0", "verify-doctor")
    assert turned.step == "verify"
    assert turned.problem
    assert "the rank of some items is unknown" in turned.problem.detail
