"""Who listens on a port of this host."""

import contextlib
import re
import sys
from pathlib import Path

import psutil
from cachetools import LRUCache

from astrolabe.workers.instance.socket_diag import listening_inodes

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

_last_holders: LRUCache[str, tuple[int, Path]] = LRUCache(16_384)
"""The pid and the descriptor (`/proc/<pid>/fd/<n>`) that a listening socket was last found at, by the socket."""


def pids(port: int) -> list[int | None]:
    """List the pids of those who listen on a port, None for one that this user may not see."""
    if sys.platform == "linux":
        # psutil reads every descriptor and every connection of the host, too much for what is asked ten times a second.
        return [_holder(socket) for socket in _sockets(port)]
    found: list[int | None] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            found += [process.pid for _ in addresses(process, port)]
    return found


def addresses(process: psutil.Process, port: int) -> set[str]:
    """Return the addresses at which a process itself listens on a port; raises psutil.Error."""
    connections = process.net_connections("tcp")
    return {
        str(each.laddr[0])
        for each in connections
        if each.status == psutil.CONN_LISTEN and tuple(each.laddr)[1:] == (port,)
    }


def _sockets(port: int) -> list[str]:
    """List the sockets that listen on a port, as links to them read."""
    try:
        return [f"socket:[{inode}]" for inode in listening_inodes(port)]
    except OSError:  # a kernel without that module, or a sandbox
        return _in_tables(port)


def _in_tables(port: int) -> list[str]:
    """Read what the kernel lists of all its connections (proc_net_tcp in its documentation)."""
    listens = re.compile(rb":%04X 0+:0000 0A (?:\S+ +){5}(\d+) " % port)
    found: list[str] = []
    for table in _TABLES:
        with contextlib.suppress(OSError):
            found += [f"socket:[{each[1].decode()}]" for each in listens.finditer(table.read_bytes())]
    return found


def _holder(socket: str) -> int | None:
    """Return the lowest pid that has a socket open, None where no process shows it to this user."""
    if (last := _last_holders.get(socket)) and _leads_to(last[1], socket):
        return last[0]
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            for descriptor in Path("/proc", str(pid), "fd").iterdir():
                if _leads_to(descriptor, socket):
                    _last_holders[socket] = pid, descriptor
                    return pid
    return None


def _leads_to(descriptor: Path, socket: str) -> bool:
    with contextlib.suppress(OSError):
        return str(descriptor.readlink()) == socket
    return False
