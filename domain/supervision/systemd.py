"""The commands and the drop-in files for systemd, and what `systemctl show` answers."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from astrolabe.domain.supervision.supervisor import AbsolutePath, Manager, SystemdService, VariableName, checked_command

YesNo = Literal["yes", "no", ""]

PIN = "zz-astrolabe-version.conf"
"""The drop-in that says which version the unit starts; its name comes after the owner's own, for the last one wins."""

HOLD = "zz-astrolabe-held.conf"
"""The drop-in that lets nobody start the unit, nor the machine when it boots."""

HOLD_TEXT = """\
# Written by Astrolabe: the unit stays stopped while its version is being changed.
# To take that back by hand: delete this file, then systemctl daemon-reload.
[Unit]
ConditionPathExists=!/
"""

_PIN_BEGINS = (
    "# Written by Astrolabe: which version the unit starts.",
    "# To take that back by hand: delete this file, then systemctl daemon-reload.",
    "[Service]",
)

_ENVIRONMENT_ESCAPES = str.maketrans({char: f"\\{char}" for char in '"\\`$'})


class Unit(Struct, frozen=True, rename="pascal", kw_only=True):
    """A service as systemd knows it; what an older systemd does not say is empty."""

    id: str = ""
    load_state: str = ""
    active_state: str = ""
    type: str = ""
    restart: str = "no"
    main_pid: int = msgspec.field(name="MainPID", default=0)
    exec_main_status: int = 0
    result: str = ""
    job: str = ""
    fragment_path: str = ""
    drop_in_paths: str = ""
    transient: YesNo = ""
    need_daemon_reload: YesNo = ""
    triggered_by: str = ""
    user: str = ""
    working_directory: str = ""
    exec_start: str = ""
    protect_home: str = ""
    private_tmp: YesNo = ""
    root_directory: str = ""
    root_image: str = ""
    dynamic_user: YesNo = ""

    @property
    def command(self) -> str:
        """What it starts, as systemd shows it."""
        found = re.search(r"argv\[\]=(.*?) ; ignore_errors=", self.exec_start)
        return found[1] if found else ""

    @property
    def program(self) -> str:
        """The program that it starts."""
        found = re.search(r"\{ path=(.*?) ; argv\[\]=", self.exec_start)
        return found[1] if found else ""

    @property
    def keeps(self) -> bool:
        """Whether it starts again what ended."""
        return self.restart != "no"


PROPERTIES = tuple(field.encode_name for field in msgspec.structs.fields(Unit))


def show(service: SystemdService) -> tuple[str, ...]:
    """Ask what a unit is and does."""
    return (*systemctl(service.manager), "show", f"--property={','.join(PROPERTIES)}", "--", service.unit)


def unit_path(manager: Manager) -> tuple[str, ...]:
    """Ask where the manager looks for units and drop-ins."""
    return (*systemctl(manager), "show", "--property=UnitPath", "--value")


def stop(service: SystemdService) -> tuple[str, ...]:
    """Stop a unit, and wait until it has."""
    return (*systemctl(service.manager), "stop", "--", service.unit)


def start(service: SystemdService) -> tuple[str, ...]:
    """Start a unit; a start that migrates may take longer than a command may."""
    return (*systemctl(service.manager), "start", "--no-block", "--", service.unit)


def reset_failed(service: SystemdService) -> tuple[str, ...]:
    """Forget how often a unit was started lately: systemd refuses after a few."""
    return (*systemctl(service.manager), "reset-failed", "--", service.unit)


def daemon_reload(manager: Manager) -> tuple[str, ...]:
    """Read the units and their drop-ins again."""
    return (*systemctl(manager), "daemon-reload")


def systemctl(manager: Manager) -> tuple[str, ...]:
    """Begin a command to a manager; nobody sits there to be asked for a password."""
    return ("systemctl", *(("--user",) if manager == "user" else ()), "--no-ask-password", "--no-pager")


def parse_unit(text: str) -> Unit:
    """Read the answer of `systemctl show`."""
    pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return msgspec.convert(pairs, Unit, strict=False)


def folder_of(service: SystemdService, unit_path: str) -> str | None:
    """Find the folder where an administrator's, or the user's own, drop-ins of a unit lie."""
    wanted = "/etc/systemd/system" if service.manager == "system" else "/systemd/user"
    own = [path for path in unit_path.split() if path.endswith(wanted) and not path.startswith(("/run", "/usr"))]
    # The user's own folder comes before /etc/systemd/user, which is everybody's.
    return f"{own[0]}/{service.unit}.d" if own else None


def pin_text(command: Sequence[str], environment_file: str) -> str:
    """Write the drop-in that starts this command in the unit's place; all else stays as the unit has it.

    Values of variables never stand in it, for `systemctl show` shows them to everybody.
    """
    started = f"ExecStart={' '.join(map(quoted, checked_command(command)))}"
    return "\n".join((*_PIN_BEGINS, "ExecStart=", started, f"EnvironmentFile={_path(environment_file)}", ""))


def why_not(unit: Unit) -> tuple[str, str] | None:
    """Say why a service cannot be acted on, and what a person may do; None where it can."""
    if unit.transient == "yes":
        return "which is transient and would be gone when it stops", "Write the unit into a file, then retry."
    if unit.need_daemon_reload == "yes":
        return "whose file was changed and not read by systemd", "Run systemctl daemon-reload, then retry."
    if sockets := [each for each in unit.triggered_by.split() if each.endswith(".socket")]:
        return f"which {sockets[0]} starts again whenever it is asked for", f"Disable {sockets[0]}, then retry."
    if late := [path for path in unit.drop_in_paths.split() if path.rpartition("/")[2] > PIN]:
        return f"whose drop-in {late[0]} comes after Astrolabe's", "Give that drop-in an earlier name, then retry."
    if unit.type in {"forking", "oneshot"}:
        return (
            f"which is of Type={unit.type}, while what an upgrade starts stays in front",
            "Give it Type=exec and a command that stays in front, then retry.",
        )
    return None


def kept_out(unit: Unit, path: str) -> str | None:
    """Say what of a unit keeps a path from its service; None where nothing is known to."""
    if unit.root_directory or unit.root_image:
        return f"{unit.id} has a root directory of its own, without {path}"
    homes = ("/home/", "/root/", "/run/user/")
    if unit.protect_home in {"yes", "tmpfs"} and path.startswith(homes):
        return f"{unit.id} has ProtectHome={unit.protect_home}, which hides {path}"
    if unit.private_tmp == "yes" and path.startswith(("/tmp/", "/var/tmp/")):  # noqa: S108  (names of what is hidden)
        return f"{unit.id} has PrivateTmp=yes, which hides {path}"
    return None


def journal(service: SystemdService) -> tuple[str, ...]:
    """Ask what a unit has said of late."""
    unit = f"--user-unit={service.unit}" if service.manager == "user" else f"--unit={service.unit}"
    return ("journalctl", unit, "--lines=200", "--output=cat", "--no-pager", "--quiet")


def quoted(word: str) -> str:
    """Quote a word of a unit's command, so that systemd expands nothing in it."""
    inner = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_specifiers(inner).replace("$", "$$")}"'


def environment_text(env: Mapping[str, str]) -> str:
    """Write variables into a file that systemd alone reads."""
    env = msgspec.convert(dict(env), dict[VariableName, str])
    if any("\0" in value for value in env.values()):
        raise ValueError("a variable's value holds no NUL")
    return "".join(f'{name}="{value.translate(_ENVIRONMENT_ESCAPES)}"\n' for name, value in sorted(env.items()))


def _path(path: str) -> str:
    return _specifiers(msgspec.convert(path, AbsolutePath))


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")
