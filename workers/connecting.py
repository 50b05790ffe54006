"""Connecting: to an address that was checked, and to no other, whatever the name leads to a moment later."""

import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, cast

import httpcore
from typing_extensions import override

from astrolabe.domain.webhooks.web_address import USUAL_PORTS, Network, WebAddress, check_addresses
from astrolabe.store.resolving import resolve
from astrolabe.store.settings import variable

Resolve: TypeAlias = Callable[[str], Awaitable[tuple[str, ...]]]


class Checked(httpcore.AsyncNetworkBackend):
    """Resolves once, checks every address, and connects to the first of them that answers.

    httpcore never follows a redirect and reads no proxy from the environment; it keeps the URL's name for SNI, for the
    certificate and for Host, since only here is it turned into an address.
    """

    def __init__(
        self,
        address: WebAddress,
        allowed: tuple[Network, ...],
        network: httpcore.AsyncNetworkBackend,
        resolver: Resolve = resolve,
        setting: str = "webhook_allow",
    ) -> None:
        self._setting: str = setting
        self._address: WebAddress = address
        self._allowed: tuple[Network, ...] = allowed
        self._network: httpcore.AsyncNetworkBackend = network
        self._resolve: Resolve = resolver

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host; raises Forbidden before anything is opened."""
        found = check_addresses(self._address, await self._resolve(host), self._allowed, variable(self._setting))
        for ip in found[:-1]:
            try:
                return await self._network.connect_tcp(ip, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(found[-1], port, timeout, local_address, socket_options)

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)


def anyio_network() -> httpcore.AsyncNetworkBackend:
    """Return the network itself."""
    # What httpcore exports has a stub beside it, for where anyio is missing.
    return cast("httpcore.AsyncNetworkBackend", cast("object", httpcore.AnyIOBackend()))


def url_of(address: WebAddress) -> httpcore.URL:
    """Write an address as httpcore wants it."""
    return httpcore.URL(
        scheme=address.scheme.encode(), host=address.host.encode(), port=address.port, target=address.target.encode()
    )


def host_of(address: WebAddress) -> str:
    """Write the header Host of a request to an address."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == USUAL_PORTS[address.scheme] else f"{host}:{address.port}"


def tls() -> ssl.SSLContext:
    """Make the TLS of all that is sent or asked: the system's authorities, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()
