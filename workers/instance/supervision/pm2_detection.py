"""A process of pm2's that a gateway runs as, and whether Astrolabe can act through pm2."""

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from astrolabe.domain.supervision import pm2 as argv
from astrolabe.domain.supervision.pm2 import App
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.domain.supervision.supervisor import Pm2App, Pm2Daemon
from astrolabe.store.settings import Settings, variable
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.supervision import pm2
from astrolabe.workers.instance.supervision.lineage import Ancestor, variables


def is_daemon(each: Ancestor) -> bool:
    """Return whether a process is pm2's daemon."""
    return argv.DAEMON.match(each.title) is not None


async def found(each: Ancestor, below: Sequence[Ancestor]) -> Supervision:
    """Judge what pm2 knows of the processes below its daemon."""
    if each.uid != os.geteuid():
        return _refused("as another user's", f"Run the worker as {_name(each.uid)}, then retry.")
    if not below:
        return _refused("in cluster mode", "Start it in fork mode, then retry.")
    daemon = _daemon(each)
    if daemon is None:
        return _refused("", f"Set {variable('pm2_program')} to the path of pm2's program for the worker, then retry.")
    try:
        apps, names = await pm2.listed(daemon, ()), pm2.saved(daemon)
    except (StepFailed, msgspec.MsgspecError, OSError) as error:
        return Supervision("unknown", "pm2", f"pm2 keeps it, and cannot be asked: {error}", "Mend pm2, then retry.")
    pids = {process.pid for process in below}
    app = next((app for app in apps if app.pid in pids), None)
    if app is None:
        return Supervision("unknown", "pm2", f"it descends from {each.shown}, which keeps something else")
    return _judged(app, apps, names, daemon)


def _judged(app: App, apps: Sequence[App], saved: Sequence[str], daemon: Pm2Daemon) -> Supervision:
    names = [each.name for each in apps]
    if why := argv.why_not(app, names.count(app.name)):
        return _refused(*why)
    if app.name in saved and set(saved) != set(names):
        return _refused(f"as {app.name}, and would start other processes after a boot", "Run pm2 save, then retry.")
    boot = "and after a boot" if app.name in saved else "but not after a boot, for it is not in the saved list"
    seen = f"pm2 keeps it as {app.name}, {boot}; Astrolabe stops and starts it there"
    return Supervision("handled", "pm2", seen, supervisor=Pm2App(app.name, daemon))


def _daemon(each: Ancestor) -> Pm2Daemon | None:
    title, program = argv.DAEMON.match(each.title), _program(each)
    if title is None or program is None:
        return None
    return msgspec.convert({"home": title[2], "program": program}, Pm2Daemon)


def _program(each: Ancestor) -> tuple[str, ...] | None:
    env = variables(each.pid)
    node = Path(psutil.Process(each.pid).exe())
    named = Settings.read().pm2_program or shutil.which("pm2", path=f"{env.get('PATH', '')}:{node.parent}")
    last = env.get("_", "")  # a shell leaves there what it started
    script = named or (last if Path(last).name == "pm2" else None)
    if script is None:
        return None
    real = Path(script).resolve()
    # The daemon's own Node: the program's first line would look for one on the worker's PATH.
    return (str(node), str(real)) if real.suffix in {".js", ""} and node.name == "node" else (str(real),)


def _refused(how: str, todo: str) -> Supervision:
    return Supervision("refused", "pm2", f"pm2 keeps it {how}".strip(), todo)


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid).pw_name if uid is not None else "its user"
    except KeyError:
        return f"the user {uid}"
