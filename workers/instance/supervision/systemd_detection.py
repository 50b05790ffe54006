"""A service of systemd that a gateway runs in, and whether Astrolabe can act through it."""

import os
import pwd
from collections.abc import Sequence

import msgspec

from astrolabe.domain.supervision import cgroup
from astrolabe.domain.supervision import systemd as argv
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.domain.supervision.supervisor import SystemdService
from astrolabe.domain.supervision.systemd import Unit
from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.supervision import systemd
from astrolabe.workers.instance.supervision.lineage import Ancestor, groups


async def found(of: cgroup.UnitOf, each: Ancestor, above: Sequence[Ancestor]) -> Supervision | None:
    """Judge the service that a process is in; None where the service does not depend on that process."""
    try:
        service = msgspec.convert({"unit": of.name, "manager": of.manager, "type": "systemd"}, SystemdService)
    except msgspec.ValidationError as error:
        return Supervision("unknown", "systemd", f"its control group names the unit {of.name}: {error}")
    if of.manager == "user" and each.uid != os.geteuid():
        return _refused(of.name, "a unit of another user's", f"Run the worker as {_name(each.uid)}, then retry.")
    try:
        unit = await systemd.show(service, ())
    except StepFailed as failure:
        return Supervision(
            "unknown",
            "systemd",
            f"its control group names the unit {of.name}, but systemd cannot be asked: {failure.problem.detail}",
            f"See that systemctl status {of.name} answers the worker's user, then retry.",
        )
    return _judged(service, unit, each, above)


def _judged(service: SystemdService, unit: Unit, each: Ancestor, above: Sequence[Ancestor]) -> Supervision | None:
    if unit.main_pid == 0 and each is above[0] and not process.mark(each.pid):
        return _refused(service.unit, "which does not know its main process", "Give it Type=exec, then retry.")
    if unit.main_pid != each.pid:
        return None  # it was left behind in that unit, or is a side process there: its end restarts nothing
    if unit.transient == "yes" and not unit.keeps:
        return None
    if why := _why_not(service, unit):
        return _refused(service.unit, *why)
    seen = f"systemd keeps it in {service.unit} (Restart={unit.restart}); Astrolabe stops and starts it there"
    return Supervision("handled", "systemd", seen, supervisor=service)


def _why_not(service: SystemdService, unit: Unit) -> tuple[str, str] | None:
    if cgroup.unit(groups(os.getpid())) == cgroup.UnitOf(service.unit, service.manager):
        return "which also runs this worker", "Give the gateway a unit of its own, then retry."
    if service.manager == "system" and os.geteuid() != 0:
        return f"which only root may stop (Restart={unit.restart})", "Run the worker as root, then retry."
    return argv.why_not(unit)


def _refused(unit: str, why: str, todo: str) -> Supervision:
    return Supervision("refused", "systemd", f"systemd keeps it in {unit}, {why}", todo)


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid).pw_name if uid is not None else "its user"
    except KeyError:
        return f"the user {uid}"
