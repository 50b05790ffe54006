"""pm2 as a gateway's supervisor: the owner's entry is kept, and put onto pm2's list again with another script."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil

from astrolabe.domain.supervision import pm2 as argv
from astrolabe.domain.supervision.pm2 import App
from astrolabe.domain.supervision.supervisor import Pm2App, Pm2Daemon
from astrolabe.store import whole_file
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.supervision.said import act, ask
from astrolabe.workers.instance.supervision.supervision import Starts
from astrolabe.workers.programs.environment import inherited

OWNER, PINNED = "pm2-owner.json", "pm2-pinned.json"
"""The files in the instance's folder that hold what the owner had pm2 start, and what it starts now."""

LONGEST_OUTPUT = 65_536

_DUMPS = ("dump.pm2", "dump.pm2.bak")


class Pm2Supervisor:
    """One process of pm2's, acted on as the user who runs pm2's daemon."""

    def __init__(self, app: Pm2App, folder: Path, secrets: Sequence[str] = ()) -> None:
        self._app: Pm2App = app
        self._daemon: Pm2Daemon = app.daemon
        self._owner: Path = folder / OWNER
        self._pinned: Path = folder / PINNED
        self._secrets: Sequence[str] = secrets

    async def stop(self) -> None:
        """Stop the process, and save that it is stopped where its owner saves the list for a boot."""
        apps = await self._list()
        app = self._among(apps)
        if app is None and (known := self._known()):
            # A worker before us died with the process off the list; a list without it must not be saved.
            await self._put(known, None)
            apps = await self._list()
        if app and app.settings.status != argv.STOPPED:
            await self._act(argv.stop(self._app))
        await self._save(apps)

    async def start(self) -> int:
        """Start the process where it does not run; return its pid."""
        if not daemon_runs(self._daemon) and saved(self._daemon):
            await self._act(argv.resurrect(self._daemon))
        apps = await self._list()
        app = self._among(apps)
        if not self._is_pinned(app):
            await self._put(self._known() or self._owner, app)
            app = None
        if app is None or not app.running:
            await self._act(argv.start(self._app))
            apps = await self._list()
            app = self._among(apps)
        if app is None or not app.pid:
            status = app.settings.status if app else "gone"
            todo = f"Read pm2 logs {self._app.name}, then retry."
            raise StepFailed("start-failed", f"pm2 did not start {self._app.name}: it is {status}.", todo=todo)
        await self._save(apps)
        return app.pid

    async def release(self) -> None:
        """See that the stopped process is on the list, from which a person restarts it. Starts nothing."""
        if self._among(await self._list()) is None and (known := self._known()):
            await self._put(known, None)
            await self._save(await self._list())

    async def pin(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Put the owner's entry back onto the list with this command; what runs is stopped."""
        live = self._among(await self._list())
        if live and not argv.is_ours(live.entry):
            _keep(self._owner, argv.resting(live.entry))
        _keep(self._pinned, argv.pinned(_entry(self._owner), command, env))
        await self._put(self._pinned, live)

    async def unpin(self) -> None:
        """Put back the entry that the process's owner had; what runs is stopped."""
        if not self._owner.exists():
            return
        live = self._among(await self._list())
        if live is None or argv.is_ours(live.entry):
            await self._put(self._owner, live)
            await self._save(await self._list())
        self._pinned.unlink(missing_ok=True)
        self._owner.unlink()

    async def running_pid(self) -> int | None:
        """Return the process that runs under the name, None where none does."""
        app = self._among(await self._list())
        return app.pid or None if app and app.running else None

    async def starts(self) -> Starts:
        """Return what is on the list under the name."""
        app = self._among(await self._list())
        return Starts(app.command, app.settings.pm_cwd or "/") if app else Starts((), "/")

    async def output(self) -> str:
        """Return the end of what pm2 wrote of the process's output."""
        app = self._among(await self._list())
        files = dict.fromkeys((app.settings.pm_out_log_path, app.settings.pm_err_log_path)) if app else {}
        return "".join(_end_of(Path(file)) for file in files if file)

    async def hidden(self, *paths: str) -> str | None:
        """Say which of these paths this user, who is pm2's, cannot reach."""
        return next((f"{path} cannot be read" for path in paths if not os.access(path, os.R_OK)), None)

    async def _list(self) -> list[App]:
        """Ask for everything on the list; nothing is on it where nobody keeps one."""
        return await listed(self._daemon, self._secrets) if daemon_runs(self._daemon) else []

    def _is_pinned(self, app: App | None) -> bool:
        """Return whether what is on the list is what was pinned last; a boot may have put the owner's entry back."""
        if app is None or not self._pinned.exists():
            return app is not None
        return app.entry.get("pm_exec_path") == _entry(self._pinned).get("pm_exec_path")

    def _known(self) -> Path | None:
        """Find the file that says what the process is, None where none was changed."""
        return next((file for file in (self._pinned, self._owner) if file.exists()), None)

    def _among(self, apps: Sequence[App]) -> App | None:
        return next((each for each in apps if each.name == self._app.name), None)

    async def _put(self, file: Path, live: App | None) -> None:
        if live:
            await self._act(argv.delete(self._app))
        await self._act(argv.resurrect(self._daemon), **{argv.DUMP_VARIABLE: str(file)})

    async def _save(self, apps: Sequence[App]) -> None:
        """Save the list where its owner does, and only if that loses nobody."""
        names = saved(self._daemon)
        if self._app.name not in names or not apps:
            return
        if lost := sorted(set(names) - {each.name for each in apps}):
            raise StepFailed(
                "supervisor-failed",
                f"pm2's saved list has {', '.join(lost)}, which do not run: saving would forget them.",
                todo="Run pm2 resurrect, then retry.",
            )
        self._close_dumps()
        await self._act(argv.save(self._daemon))
        self._close_dumps()

    def _close_dumps(self) -> None:
        # The list carries every variable of every process.
        for name in _DUMPS:
            with contextlib.suppress(FileNotFoundError):
                Path(self._daemon.home, name).chmod(0o600)

    async def _act(self, command: Sequence[str], **env: str) -> None:
        await act(command, {**environment(self._daemon), **env}, self._secrets)


async def listed(daemon: Pm2Daemon, secrets: Sequence[str]) -> list[App]:
    """Ask for pm2's list; raises StepFailed. Where no daemon runs this would start one: look first."""
    try:
        return argv.parse_list(await ask(argv.jlist(daemon), environment(daemon), secrets))
    except msgspec.MsgspecError as error:
        raise StepFailed("supervisor-failed", f"pm2's list cannot be read: {error}") from None


def saved(daemon: Pm2Daemon) -> list[str]:
    """List the names in the list that pm2 saved for a boot, none where it saved none."""
    try:
        return argv.parse_dump(Path(daemon.home, _DUMPS[0]).read_bytes())
    except FileNotFoundError:
        return []


def environment(daemon: Pm2Daemon) -> dict[str, str]:
    """Return the environment of pm2's own commands."""
    env = inherited()
    path = f"{Path(daemon.program[0]).parent}:{env.get('PATH', os.defpath)}"
    return {**env, "PATH": path, "PM2_HOME": daemon.home, "NO_COLOR": "1"}


def daemon_runs(daemon: Pm2Daemon) -> bool:
    """Return whether pm2's daemon of a home runs."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            title = argv.DAEMON.match(" ".join(process.cmdline()).strip())
            if title and title[2] == daemon.home and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def _end_of(log: Path) -> str:
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_OUTPUT))
        return file.read().decode("utf-8", "replace")
    return ""


def _keep(file: Path, entry: Mapping[str, Any]) -> None:
    whole_file.write(file, msgspec.json.encode([entry]), lasting=True, private=True)


def _entry(file: Path) -> dict[str, Any]:
    return msgspec.json.decode(file.read_bytes(), type=list[dict[str, Any]])[0]
