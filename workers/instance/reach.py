"""Reach: where this worker asks on an instance's behalf, whatever address its configuration names."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import psutil
from msgspec import Struct

from astrolabe.domain.webhooks.web_address import Forbidden, Ip, Network, check_inside
from astrolabe.store.resolving import resolve
from astrolabe.workers.instance.failure import StepFailed

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class NoAddressError(OSError):
    """A name that leads nowhere at this moment."""


class Reach(Struct, frozen=True):
    """The addresses of this host, and the networks that its owner lets instances be asked in besides."""

    allowed: tuple[Network, ...] = ()
    database_is_here: bool = False
    """Whether the database, and so its password, is on this host, or in a container of its engine."""
    engine_is_here: bool = True
    """Whether what the container engine says of its containers' addresses is this host's word."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host that may be asked; raises StepFailed before anything is opened.

        Raises NoAddressError where the name has none now: that may pass.
        """
        found = await resolve(host)
        if not found:
            raise NoAddressError(f"the name {host} has no address")
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
                todo="Correct the address, or let its network be asked, in ASTROLABE_WORKER_ALLOW; then retry.",
            ) from None

    async def of_container(self, address: str) -> tuple[str, ...]:
        """Return a container's addresses that may be asked: what this host's own engine says is this host's word."""
        return (address,) if self.engine_is_here else await self.addresses(address)

    def inside(self) -> tuple[Network, ...]:
        """Return the networks that are this host's, or that its owner allows."""
        return (*LOOPBACK, *self.allowed, *_own())


HERE = Reach()
"""This host, and nowhere else."""


def _own() -> Sequence[Network]:
    """Return the addresses of this host's interfaces, each as a network of one.

    None that is link-local: a cloud's metadata may be served at one that is put on an interface.
    """
    said = (each.address.partition("%")[0] for places in psutil.net_if_addrs().values() for each in places)
    return [ip_network(ip) for ip in map(_ip, said) if ip and not ip.is_link_local]


def _ip(text: str) -> Ip | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
