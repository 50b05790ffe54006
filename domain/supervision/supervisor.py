"""A supervisor that Astrolabe can act through, named so that a worker of another life finds it again."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from astrolabe.domain.words import END

_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f]"
# A backslash joins lines of a unit's file, and $ begins a variable in some of its words.
_PATH_CHARACTER = r"[^\x00-\x1f\x7f-\x9f\\$]"
# pm2 takes a number for an id, `all` for everybody, and these endings for a file to read.
_NO_NAME = r"(?!all$)(?![0-9]+$)(?!.*\.(json5?|ya?ml|config\.[cm]?js)$)"

UnitName = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{{0,240}}\.service{END}",
        description="a systemd service's whole name",
    ),
]
AppName = Annotated[
    str,
    Meta(
        pattern=rf"^{_NO_NAME}[A-Za-z0-9_@][A-Za-z0-9_.@: -]{{0,99}}{END}",
        description="the name of one of pm2's processes",
    ),
]
AbsolutePath = Annotated[
    str,
    Meta(pattern=rf"^(?!(.*/)?\.\.(/|$))/{_PATH_CHARACTER}{{1,1000}}{END}", description="an absolute path"),
]
Word = Annotated[str, Meta(pattern=rf"^{_PRINTABLE}*{END}", max_length=10_000, description="a word of a command")]
VariableName = Annotated[str, Meta(pattern=rf"^[A-Za-z_][A-Za-z0-9_]{{0,100}}{END}")]
Manager = Literal["system", "user"]


class SystemdService(Struct, frozen=True, tag="systemd"):
    """A service of systemd, of the machine's manager or of the user's that the worker runs as."""

    unit: UnitName
    """The unit's whole name."""
    manager: Manager = "system"
    """Whose systemd it is: the machine's, or that of the user who the worker runs as."""


class Pm2Daemon(Struct, frozen=True):
    """A daemon of pm2."""

    home: AbsolutePath
    """Its folder, PM2_HOME."""
    program: tuple[AbsolutePath, ...]
    """What speaks to it: Node and pm2's script, or pm2 alone."""


class Pm2App(Struct, frozen=True, tag="pm2"):
    """A process of pm2, by its name."""

    name: AppName
    """Its name."""
    daemon: Pm2Daemon
    """The daemon that keeps it."""


SupervisorId: TypeAlias = SystemdService | Pm2App
"""What a worker records, to find the same supervisor after it died and another took over."""


def named(supervisor: SupervisorId) -> str:
    """Name a supervisor for people."""
    match supervisor:
        case SystemdService(unit=unit):
            return f"systemd, {unit}"
        case Pm2App(name=name):
            return f"pm2, {name}"


def checked_command(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command whose program is an absolute path and whose words are printable; raises ValidationError."""
    program, *words = command
    return (msgspec.convert(program, AbsolutePath), *msgspec.convert(words, list[Word]))
