"""The way from a supervisor's recorded name to the supervisor itself."""

from collections.abc import Sequence
from pathlib import Path

from astrolabe.domain.supervision.supervisor import Pm2App, SupervisorId, SystemdService
from astrolabe.workers.instance.supervision.pm2 import Pm2Supervisor
from astrolabe.workers.instance.supervision.supervision import Supervisor
from astrolabe.workers.instance.supervision.systemd import SystemdSupervisor


def supervisor_of(named: SupervisorId, folder: Path, secrets: Sequence[str] = ()) -> Supervisor:
    """Find the supervisor of a name; `folder` is the instance's own, where what must outlive a worker is kept."""
    match named:
        case SystemdService():
            return SystemdSupervisor(named, folder, secrets)
        case Pm2App():
            return Pm2Supervisor(named, folder, secrets)
