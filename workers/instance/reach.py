"""Reach: where this worker asks on an instance's behalf, whatever address its configuration names."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import psutil
from msgspec import Struct

from astrolabe.domain.webhooks.web_address import Forbidden, Network, check_inside
from astrolabe.store.resolving import resolve
from astrolabe.workers.instance.failure import StepFailed

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Reach(Struct, frozen=True):
    """The addresses of this host, and the networks that its owner lets instances be asked in besides."""

    allowed: tuple[Network, ...] = ()
    engine_is_here: bool = True
    """Whether what the container engine says of its containers' addresses is this host's word."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host that may be asked; raises StepFailed before anything is opened."""
        found = await resolve(host)
        try:
            return check_inside(host, found, (*LOOPBACK, *self.allowed))
        except Forbidden:
            pass
        try:
            return check_inside(host, found, self.inside())
        except Forbidden as error:
            raise StepFailed(
                "address-forbidden",
                str(error),
                todo="Correct the instance's address, or let its network be asked: ASTROLABE_WORKER_ALLOW, then retry.",
            ) from None

    def inside(self) -> tuple[Network, ...]:
        """Return the networks that are this host's, or that its owner allows."""
        return (*LOOPBACK, *self.allowed, *_own())


def _own() -> Sequence[Network]:
    """Return the addresses of this host's interfaces, each as a network of one."""
    said = (each.address.partition("%")[0] for places in psutil.net_if_addrs().values() for each in places)
    return [ip_network(text) for text in said if _is_ip(text)]


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
