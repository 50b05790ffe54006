"""The commands to a supervisor in an upgrade, as a person could have typed it."""

import shlex

from astrolabe.domain.supervision import pm2, systemd
from astrolabe.domain.supervision.supervisor import Pm2App, SupervisorId, SystemdService

Commands = tuple[tuple[str, ...], ...]


def stop_commands(supervisor: SupervisorId) -> Commands:
    """List what stops a gateway for good; a hold is written before."""
    match supervisor:
        case SystemdService(manager=manager):
            return systemd.daemon_reload(manager), systemd.stop(supervisor)
        case Pm2App(daemon=daemon):
            return pm2.stop(supervisor), pm2.save(daemon)


def start_line(supervisor: SupervisorId) -> str:
    """Return what a person types in a shell to start what was stopped, as it is pinned by now."""
    match supervisor:
        case SystemdService():
            return shlex.join(systemd.start(supervisor))
        case Pm2App(daemon=daemon):
            return f"PM2_HOME={shlex.quote(daemon.home)} {shlex.join(pm2.start(supervisor))}"


def start_commands(supervisor: SupervisorId) -> Commands:
    """List what starts the pinned version; the pin is written before."""
    match supervisor:
        case SystemdService(manager=manager):
            return systemd.daemon_reload(manager), systemd.start(supervisor)
        case Pm2App(daemon=daemon):
            return pm2.delete(supervisor), pm2.resurrect(daemon), pm2.start(supervisor), pm2.save(daemon)
