"""Mounts: what containers may write to and keep, and whether it is this host's."""

from collections.abc import Iterator
from pathlib import Path

from astrolabe.domain.instances.file_rules import Mount
from astrolabe.workers.kinds.compose.container import Container


def writable_mounts(container: Container) -> Iterator[Mount]:
    """List volumes and folders of the host that a container may write to."""
    for each in container.mounts:
        if each.writable and each.type in {"volume", "bind"}:
            here = _same(container.state.pid, each.destination, Path(each.source))
            name = each.name or each.source
            yield Mount(container.service, each.destination, each.source, name, here=here)


def _same(pid: int, destination: str, source: Path) -> bool:
    """Return whether what the container sees is what has this path here: the engine may be another host's."""
    try:
        return bool(pid) and Path(f"/proc/{pid}/root{destination}").samefile(source)
    except OSError:
        return False
