"""A supervisor that could be acted through is refused where the new version could not be started, or more than once."""

from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.domain.supervision.supervisor import SystemdService
from astrolabe.workers.kinds.npm.supervised import judge_handled

HANDLED = Supervision(
    "handled", "systemd", "systemd keeps it as gateway.service", supervisor=SystemdService("g.service")
)


def test_who_waits_for_verify_is_acted_through() -> None:
    """Nothing is in the way: the version is started apart first, and by the supervisor at cutover."""
    assert judge_handled(HANDLED, None, "verified") == HANDLED


def test_at_once_is_refused_and_says_why_and_what_to_do() -> None:
    """It has a single start, which a supervisor could begin again in the middle of a migration."""
    judged = judge_handled(HANDLED, None, "at-once")
    assert (judged.verdict, judged.supervisor) == ("refused", None)
    assert "systemd keeps it as gateway.service, but" in judged.seen
    assert "a single start, which it could begin again while that migrates" in judged.seen
    assert "--cutover verified" in judged.todo


def test_what_its_user_may_not_read_is_refused_first() -> None:
    """A version that could not be started there is no better when it is let in later."""
    for cutover in ("verified", "at-once"):
        judged = judge_handled(HANDLED, "its user may not read /data", cutover)
        assert (judged.verdict, judged.supervisor) == ("refused", None)
        assert judged.seen.endswith("its user may not read /data")
