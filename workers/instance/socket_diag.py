"""Listening TCP sockets as the kernel lists them by sock_diag(7), which walks those alone.

The tables of /proc/net walk every connection that the host has room for: milliseconds, ten times a second.
"""

import itertools
import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

NETLINK_SOCK_DIAG: Final = 4
SOCK_DIAG_BY_FAMILY: Final = 20
NLM_F_REQUEST: Final = 0x1
NLM_F_DUMP: Final = 0x300
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
LISTEN: Final = 1 << 10

HEADER: Final = struct.Struct("=IHHII")
REQUEST: Final = struct.Struct("=BBBxI2s46x")
"""`struct inet_diag_req_v2`: family, protocol, extensions, states, and of the socket's id the port that it has."""
ANSWER: Final = struct.Struct("=4x2s46x16xI")
"""`struct inet_diag_msg`: of all that it says, the port and the inode."""
CODE: Final = struct.Struct("=i")
ALIGNMENT: Final = 4

LONGEST: Final = 1 << 16
"""Bytes that are read at once; the kernel sends less than half of that."""
PATIENCE_SECONDS: Final = 1.0

_sequence: Final = itertools.count(1)


def listening_inodes(port: int) -> list[int]:
    """List the inodes of the sockets that listen on a port; raises OSError where this kernel does not answer."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(PATIENCE_SECONDS)
        return [inode for family in (socket.AF_INET, socket.AF_INET6) for inode in _dump(kernel, family, port)]


def _dump(kernel: socket.socket, family: int, port: int) -> Iterator[int]:
    wanted, number = struct.pack("!H", port), next(_sequence) & 0xFFFFFFFF
    request = REQUEST.pack(family, socket.IPPROTO_TCP, 0, LISTEN, wanted)
    length = HEADER.size + len(request)
    kernel.sendto(HEADER.pack(length, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, number, 0) + request, (0, 0))
    while True:
        for kind, content in _messages(kernel.recv(LONGEST)):
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                (negative,) = CODE.unpack_from(content)
                raise OSError(-negative, os.strerror(-negative))
            has, inode = ANSWER.unpack_from(content)
            if has == wanted:  # an old kernel lists the others as well
                yield inode


def _messages(received: bytes) -> Iterator[tuple[int, bytes]]:
    while len(received) >= HEADER.size:
        length, kind, *_ = HEADER.unpack_from(received)
        yield kind, received[HEADER.size : length]
        received = received[-(-length // ALIGNMENT) * ALIGNMENT :]
