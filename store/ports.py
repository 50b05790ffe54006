"""Ports of this host's loopback."""

import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"
TRIED: Final = 200
"""Ports that are tried from a wanted one on."""


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port."""
    with socket.socket() as probe:
        # As the servers do, so that connections of a former run that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port that nobody listens on, as the kernel picks it."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def free_from(wanted: int) -> int:
    """Return the wanted port, or the next one that is free."""
    return next(port for port in range(wanted, wanted + TRIED) if is_free(port))
