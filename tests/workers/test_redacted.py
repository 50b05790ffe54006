"""What was seen or said is redacted before an event holds it, wherever in the event it is."""

from datetime import UTC, datetime

from astrolabe.domain.plans.plan import Artifact, Check, Plan
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades import events as e
from astrolabe.workers.instance.failure import LINE
from astrolabe.workers.programs.output import Redactor
from astrolabe.workers.steps.redaction import redacted

REDACT = Redactor(["geheim"])
ARTIFACT = Artifact("geheim", "1.0.0", "sha512-geheim", "https://geheim.example")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_whatever_was_said_is_redacted_and_names_are_not() -> None:
    """A secret may be a database's name too; what is free text is searched at any depth, also in lists."""
    event = e.PreflightPassed("id", Plan(ARTIFACT, ARTIFACT, (Check("disk", ok=True, seen="it is geheim"),)), AT)
    plan = redacted(event, REDACT).plan
    assert plan.checks == (Check("disk", ok=True, seen="it is [REDACTED]"),)
    assert plan.new == ARTIFACT
    problem = redacted(Problem("odd", "geheim", ("a geheim", "b"), "say geheim"), REDACT)
    assert problem == Problem("odd", "[REDACTED]", ("a [REDACTED]", "b"), "say [REDACTED]")


def test_whatever_was_said_is_cut_to_what_an_event_can_bear() -> None:
    """One line of what was seen is as long as a line may be, and no longer."""
    (line,) = redacted(Problem("odd", "it was", ("x" * (LINE + 1),)), REDACT).seen
    assert line == "x" * LINE


def test_what_needs_no_change_stays_the_same_value() -> None:
    """Each record is looked through; nothing is made anew where nothing was said."""
    event = e.PreflightPassed("id", Plan(ARTIFACT, ARTIFACT, (Check("disk", ok=True, seen="it is well"),)), AT)
    assert redacted(event, REDACT) is event
