"""Resolving: which addresses a host's name leads to, asked anew for each use."""

import asyncio
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from ipaddress import ip_address

THREADS = 64

_pool = ThreadPoolExecutor(THREADS, "resolve")
_asked: dict[str, Future[tuple[str, ...]]] = {}


async def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a host in the system's order, none where it has none.

    Those who ask at the same time share one question: a name whose servers are silent holds up one thread, no more.
    """
    try:
        return (str(ip_address(host)),)
    except ValueError:
        pass
    asked = _asked.get(host)
    if asked is None:
        asked = _asked[host] = _pool.submit(_ask, host)
        asked.add_done_callback(lambda _: _asked.pop(host))
    return await asyncio.shield(asyncio.wrap_future(asked))


def _ask(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(place[4][0]) for place in found))
