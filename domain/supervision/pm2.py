"""The commands for pm2, and the entries of its process list."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from astrolabe.domain.supervision.supervisor import AppName, Pm2App, Pm2Daemon, VariableName, checked_command

DAEMON: Final = re.compile(r"^PM2 v(\S+): God Daemon \((.*)\)$")
"""How pm2's daemon calls itself: its version and its home."""

DUMP_VARIABLE: Final = "PM2_DUMP_FILE_PATH"
"""Leads `pm2 resurrect` to another list than the saved one."""

STOPPED: Final = "stopped"

OURS: Final = "astrolabe"
"""Marks an entry that Astrolabe wrote; an object, for pm2 makes variables of all else that it does not know."""

_NOT_SAVED: Final = ("instances", "pm_id", "prev_restart_delay")
"""What `pm2 save` leaves out of an entry, because a new life gets its own."""


class Settings(Struct, frozen=True):
    """What pm2 knows about a process: the part of it that decides whether and how it may be acted on."""

    status: str = ""
    exec_mode: str = "fork_mode"
    pm_exec_path: str = ""
    pm_cwd: str = ""
    exec_interpreter: str = "none"
    args: list[str] | str = []
    node_args: list[str] | str = []
    watch: bool | list[str] | str = False
    cron_restart: str | int | None = None
    kill_timeout: float | None = None
    pm_out_log_path: str = ""
    pm_err_log_path: str = ""


class App(Struct, frozen=True):
    """One process of the list, read from an entry that is kept as pm2 gave it."""

    name: str
    pid: int
    settings: Settings
    entry: dict[str, Any]

    @property
    def running(self) -> bool:
        """Whether it runs, or pm2 is about to start it."""
        return self.settings.status not in {STOPPED, "errored", "stopping"}

    @property
    def command(self) -> tuple[str, ...]:
        """What pm2 runs, in words."""
        interpreter = () if self.settings.exec_interpreter == "none" else (self.settings.exec_interpreter,)
        return (*interpreter, self.settings.pm_exec_path, *_words(self.settings.args))


class _Listed(Struct, frozen=True):
    name: str
    pid: int | None = None
    pm2_env: dict[str, Any] = {}


def parse_list(text: str) -> list[App]:
    """Read the answer of `pm2 jlist`; before it pm2 may have printed what it had to say."""
    answer = next((line for line in reversed(text.splitlines()) if line.startswith("[{") or line == "[]"), "")
    listed = msgspec.json.decode(answer, type=list[_Listed])
    return [_app(each) for each in listed]


def parse_dump(content: bytes) -> list[str]:
    """List the names in a file that `pm2 save` wrote."""
    return [each.name for each in msgspec.json.decode(content, type=list[_Named])]


class _Named(Struct, frozen=True):
    name: str


def _app(listed: _Listed) -> App:
    return App(listed.name, listed.pid or 0, msgspec.convert(listed.pm2_env, Settings, strict=False), listed.pm2_env)


def why_not(app: App, namesakes: int) -> tuple[str, str] | None:
    """Say why a process of pm2's cannot be acted on, and what a person may do; None where it can."""
    settings = app.settings
    try:
        msgspec.convert(app.name, AppName)
    except msgspec.ValidationError:
        return "under a name that pm2's commands take for something else", "Give it another --name, then retry."
    if settings.exec_mode != "fork_mode" or namesakes > 1:
        return "as several processes", "Start it once, in fork mode, then retry."
    if settings.cron_restart not in {None, "", 0, "0"}:
        todo = "Start it without cron_restart, then retry."
        return f"and starts it again by the clock ({settings.cron_restart}), stopped or not", todo
    if settings.watch and settings.watch != "false":
        return "and starts it again when a file changes, stopped or not", "Start it without watch, then retry."
    return None


def jlist(daemon: Pm2Daemon) -> tuple[str, ...]:
    """List all processes with everything that pm2 knows of them."""
    return (*daemon.program, "jlist", "--silent")


def resurrect(daemon: Pm2Daemon) -> tuple[str, ...]:
    """Put processes onto the list as a file describes them, where no other has the name."""
    return (*daemon.program, "resurrect")


def save(daemon: Pm2Daemon) -> tuple[str, ...]:
    """Keep the list for the next boot."""
    return (*daemon.program, "save")


def stop(app: Pm2App) -> tuple[str, ...]:
    """Stop a process, which stays on the list."""
    return (*app.daemon.program, "stop", app.name)


def start(app: Pm2App) -> tuple[str, ...]:
    """Start a stopped process of the list; `pm2 start` would take some names for files."""
    return (*app.daemon.program, "restart", app.name)


def delete(app: Pm2App) -> tuple[str, ...]:
    """Take a process off the list, for pm2 changes the script of none."""
    return (*app.daemon.program, "delete", app.name)


def resting(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as pm2 would save it, stopped."""
    return {**{name: value for name, value in entry.items() if name not in _NOT_SAVED}, "status": STOPPED}


def pinned(
    entry: Mapping[str, Any],
    command: Sequence[str],
    env: Mapping[str, str],
) -> dict[str, Any]:
    """Return an entry that starts this command in the place of its own; all else stays as its owner has it."""
    program, *words = checked_command(command)
    env = msgspec.convert(dict(env), dict[VariableName, str])
    before = msgspec.convert(dict(entry), Settings, strict=False)
    interpreter = "none"
    if program.rpartition("/")[2] == "node" and words:
        interpreter, program, *words = program, *words
    elif _words(before.node_args):
        interpreter = before.exec_interpreter  # Node's options, such as how much memory, go by way of it
    changed = {
        "pm_exec_path": program,
        "exec_interpreter": interpreter,
        "args": words,
        "env": {**dict(entry.get("env") or {}), **env},
    }
    # pm2 lays the variables over everything else that it knows of a process.
    return resting({**entry, **changed, **env, OURS: {"pinned": True}})


def is_ours(entry: Mapping[str, Any]) -> bool:
    """Return whether Astrolabe wrote an entry, and its owner put nothing else in its place."""
    return OURS in entry


def _words(value: list[str] | str) -> list[str]:
    return value.split() if isinstance(value, str) else value
