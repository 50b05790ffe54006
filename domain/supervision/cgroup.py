"""A process's control groups, as /proc/PID/cgroup shows them: its service of systemd, or its container."""

import re
from collections.abc import Iterable

from msgspec import Struct

from astrolabe.domain.supervision.supervisor import Manager

_ENGINES = (
    ("docker", re.compile(r"/docker[-/]([0-9a-f]{12,64})")),
    ("podman", re.compile(r"/libpod-(?:conmon-)?([0-9a-f]{12,64})")),
    ("containerd", re.compile(r"/(?:cri-containerd-|nerdctl-)([0-9a-f]{12,64})")),
    ("CRI-O", re.compile(r"/crio-([0-9a-f]{12,64})")),
    ("Kubernetes", re.compile(r"/kubepods[^/]*(?:/[^/]+)*/([0-9a-f]{12,64})")),
    ("LXC", re.compile(r"/lxc(?:\.payload)?[./]([^/]+)")),
    ("systemd-nspawn", re.compile(r"/machine-([^/]+)\.scope|/systemd-nspawn@([^/]+)\.service")),
)


class UnitOf(Struct, frozen=True):
    """The unit of systemd that a process is in."""

    name: str
    manager: Manager


class ContainerOf(Struct, frozen=True):
    """The container that a process is in."""

    engine: str
    id: str


def paths(text: str) -> list[str]:
    """List the groups of a process, those of systemd's own hierarchy first."""
    lines = [line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2]  # noqa: PLR2004 (number, controllers, path)
    own = [path for _, controllers, path in lines if controllers == "name=systemd"]
    unified = [path for number, controllers, path in lines if (number, controllers) == ("0", "")]
    others = [path for _, controllers, path in lines if controllers not in {"name=systemd", ""}]
    return [*own, *unified, *others]


def unit(text: str) -> UnitOf | None:
    """Find the unit that a process belongs to; None where its groups are not systemd's."""
    for path in paths(text):
        if found := _unit(path):
            return found
    return None


def container(text: str) -> ContainerOf | None:
    """Find the container that a process is in; None where its groups name none."""
    for path in paths(text):
        for engine, pattern in _ENGINES:
            if found := pattern.search(path):
                return ContainerOf(engine, next(filter(None, found.groups())))
    return None


def _unit(path: str) -> UnitOf | None:
    # systemd sets an underscore before names that the kernel has for itself.
    parts = [part.removeprefix("_") for part in path.split("/") if part]
    outer = _first_unit(parts)
    if outer is None:
        return None
    name, rest = outer
    if name.startswith("user@") and (inner := _first_unit(rest)):
        return UnitOf(inner[0], "user")
    return UnitOf(name, "system")


def _first_unit(parts: Iterable[str]) -> tuple[str, list[str]] | None:
    parts = list(parts)
    for place, part in enumerate(parts):
        if part.endswith((".service", ".scope")):
            return part, parts[place + 1 :]
        if not part.endswith(".slice"):
            return None
    return None
