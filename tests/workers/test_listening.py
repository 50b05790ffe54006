"""Who listens on a port: found by the kernel's own list, and by its tables where it gives none."""

import os
import socket
import sys
from collections.abc import Iterator

import pytest

from astrolabe.workers.instance import listening, socket_diag
from tests.ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such list")

UNKNOWN = 99
"""No netlink protocol and no kind of question that a kernel knows."""


@pytest.fixture
def port() -> Iterator[int]:
    """A port that this process listens on at both loopback addresses, with a connection to one."""
    number = free_port()
    with (
        socket.create_server(("127.0.0.1", number)),
        socket.create_server(("::1", number), family=socket.AF_INET6),
        socket.create_connection(("127.0.0.1", number)),
    ):
        yield number


@pytest.mark.parametrize("lacking", [None, "NETLINK_SOCK_DIAG", "SOCK_DIAG_BY_FAMILY"])
def test_every_listener_of_a_port_is_found(port: int, lacking: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """At either address, without the connections, also where the kernel knows no such list or no such question."""
    if lacking:
        monkeypatch.setattr(socket_diag, lacking, UNKNOWN)
        with pytest.raises(OSError, match=r"supported|Invalid|No such"):
            socket_diag.listening_inodes(port)
    assert listening.pids(port) == [os.getpid(), os.getpid()]
    assert listening.pids(free_port()) == []


def test_the_list_and_the_tables_agree(port: int) -> None:
    """The list that is quick to read names the very sockets that the tables do."""
    named = [f"socket:[{inode}]" for inode in socket_diag.listening_inodes(port)]
    assert len(named) == 2
    assert named == listening._in_tables(port)
