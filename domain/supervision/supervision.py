"""Supervision: who starts a gateway again when it ends, and whether Astrolabe can act through them."""

from typing import Literal

from msgspec import Struct

from astrolabe.domain.plans.plan import Check
from astrolabe.domain.problem import Problem
from astrolabe.domain.supervision.supervisor import SupervisorId

Verdict = Literal["nobody", "handled", "refused", "unknown"]
"""Nobody starts it again; somebody does, through whom Astrolabe acts; somebody does, whom only a person can stop; who
does is not known, which is not nobody."""


class Supervision(Struct, frozen=True):
    """What was found out about who keeps a process alive."""

    verdict: Verdict
    by: str
    """Who it is, in a word: systemd, pm2, supervisord, runit, s6, daemontools, a shell, docker, nobody…"""
    seen: str
    """A sentence for people, without secrets."""
    todo: str = ""
    supervisor: SupervisorId | None = None
    """Whom to act through, where that is handled; it outlives this worker."""

    @property
    def ok(self) -> bool:
        """Whether a stop can be made to last: nobody starts it again, or Astrolabe acts through who does."""
        return self.verdict in {"nobody", "handled"}

    def problem(self) -> Problem:
        """Return why nothing may be stopped."""
        return Problem("supervised" if self.verdict == "refused" else "supervision-unknown", self.seen, todo=self.todo)

    def check(self) -> Check:
        """Return it as a check of preflight."""
        return Check("supervised", self.ok, self.seen)
