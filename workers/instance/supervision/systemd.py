"""systemd as a gateway's supervisor: a hold that outlasts a boot, and a drop-in that pins the version."""

import asyncio
import contextlib
import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.supervision import systemd as argv
from astrolabe.domain.supervision.supervisor import Manager, SystemdService
from astrolabe.domain.supervision.systemd import Unit
from astrolabe.store import whole_file
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.supervision.said import ACT_SECONDS, act, ask
from astrolabe.workers.instance.supervision.supervision import Starts
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.reaching import can_reach

POLL_SECONDS = 0.05
ENVIRONMENT = "systemd.env"
"""The file in the instance's folder that holds what the pinned command's environment has beside the unit's."""


class SystemdSupervisor:
    """One service; acts as root for the machine's systemd, as the user for a user's."""

    def __init__(self, service: SystemdService, folder: Path, secrets: Sequence[str] = ()) -> None:
        self._service: SystemdService = service
        self._environment: Path = folder / ENVIRONMENT
        self._secrets: Sequence[str] = secrets

    async def stop(self) -> None:
        """Stop the service, and let nobody start it, nor a boot, until `start`."""
        await self._write(argv.HOLD, argv.HOLD_TEXT)
        await self._act(argv.stop(self._service))

    async def start(self) -> int:
        """Start the service where it does not run, and wait for its process; return its pid."""
        await self._remove(argv.HOLD)
        if running := await self.running_pid():
            return running
        with contextlib.suppress(StepFailed):  # nothing to forget
            await self._act(argv.reset_failed(self._service))
        await self._act(argv.start(self._service))
        async with asyncio.timeout(ACT_SECONDS):
            while not (unit := await self.unit()).main_pid:
                if not unit.job and unit.active_state in {"failed", "inactive"}:
                    raise self._not_started(unit)
                await asyncio.sleep(POLL_SECONDS)
        return unit.main_pid

    async def release(self) -> None:
        """Let a person, or a boot, start the service again. Starts nothing."""
        await self._remove(argv.HOLD)

    async def pin(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Let the service start this command from now on; what runs goes on running."""
        whole_file.write(self._environment, argv.environment_text(env).encode(), lasting=True, private=True)
        await self._write(argv.PIN, argv.pin_text(command, str(self._environment)))
        unit = await self.unit()
        if unit.program != command[0]:
            raise StepFailed(
                "pin-overridden",
                f"{self._service.unit} would still start {unit.program}: another drop-in comes after Astrolabe's.",
                seen=unit.drop_in_paths.split(),
                todo="Let no drop-in of that unit set ExecStart after Astrolabe's, then retry.",
            )

    async def unpin(self) -> None:
        """Put back what the unit's owner had it start."""
        await self._remove(argv.PIN)
        self._environment.unlink(missing_ok=True)

    async def running_pid(self) -> int | None:
        """Return the service's main process, None where it has none."""
        return (await self.unit()).main_pid or None

    async def starts(self) -> Starts:
        """Return what the unit would start now, as the user it runs as."""
        unit = await self.unit()
        user = self._user(unit)
        known = _passwd(user) if user else None
        folder = unit.working_directory.lstrip("!-") or "/"
        if known is None or known.pw_uid == os.geteuid():
            return Starts(tuple(unit.command.split()), folder)
        return Starts(tuple(unit.command.split()), folder, user_of(known))

    async def output(self) -> str:
        """Return the end of what the journal has of the unit."""
        with contextlib.suppress(StepFailed):
            return await ask(argv.journal(self._service), environment(self._service.manager), self._secrets)
        return ""

    async def hidden(self, *paths: str) -> str | None:
        """Say which of these paths the service's user cannot reach, or the unit keeps from it."""
        unit = await self.unit()
        for path in paths:
            if why := argv.kept_out(unit, path):
                return why
            user = self._user(unit)
            if user and not await _reads(_passwd(user), path):
                return f"the user {user} of {self._service.unit} may not read {path}"
        return None

    def _user(self, unit: Unit) -> str:
        if self._service.manager == "user":
            return ""
        return "nobody" if unit.dynamic_user == "yes" else unit.user

    async def unit(self) -> Unit:
        """Ask what the unit is and does now."""
        return await show(self._service, self._secrets)

    async def _act(self, command: Sequence[str]) -> None:
        await act(command, environment(self._service.manager), self._secrets)

    async def _folder(self) -> Path:
        manager = self._service.manager
        answer = await ask(argv.unit_path(manager), environment(manager), self._secrets)
        folder = argv.folder_of(self._service, answer)
        if folder is None:
            raise StepFailed("supervisor-failed", f"systemd looks for no drop-ins of {self._service.unit}: {answer}")
        return Path(folder)

    async def _write(self, name: str, text: str) -> None:
        file = await self._folder() / name
        # A boot in the midst of it must find what was meant to hold.
        # Open, as units are: it holds no secret, and systemd warns of one that is not.
        whole_file.write(file, text.encode(), lasting=True, public=True)
        await self._act(argv.daemon_reload(self._service.manager))

    async def _remove(self, name: str) -> None:
        folder = await self._folder()
        (folder / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it holds the owner's own
            folder.rmdir()
        await self._act(argv.daemon_reload(self._service.manager))

    def _not_started(self, unit: Unit) -> StepFailed:
        return StepFailed(
            "start-failed",
            f"systemd did not start {self._service.unit}: {unit.result or unit.active_state} {unit.exec_main_status}.",
            todo=f"Read systemctl status {self._service.unit}, then retry.",
        )


async def show(service: SystemdService, secrets: Sequence[str]) -> Unit:
    """Ask what a unit is and does now."""
    return argv.parse_unit(await ask(argv.show(service), environment(service.manager), secrets))


def environment(manager: Manager) -> dict[str, str]:
    """Return the environment of systemd's own commands."""
    env = {**inherited(), "LC_ALL": "C", "SYSTEMD_COLORS": "0"}
    return {"XDG_RUNTIME_DIR": f"/run/user/{os.geteuid()}", **env} if manager == "user" else env


async def _reads(known: pwd.struct_passwd | None, path: str) -> bool:
    return known is not None and await can_reach(user_of(known), Path(path))


def user_of(known: pwd.struct_passwd) -> ProcessUser:
    """Return a user of this host with all of its groups."""
    groups = set(os.getgrouplist(known.pw_name, known.pw_gid)) - {known.pw_gid}
    return ProcessUser(known.pw_name, known.pw_uid, known.pw_gid, tuple(sorted(groups)))


def _passwd(user: str) -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    return None
