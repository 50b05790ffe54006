"""Web addresses: what a webhook's URL may look like, and which addresses of the Internet are no business of a webhook.

The tables are IANA's special-purpose address registries (RFC 6890), and what cloud hosts are known to listen on.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal, TypeAlias

from msgspec import Struct

Ip: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

DENIED: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",  # this host
        "168.63.129.16/32",  # Azure's wire server
        "169.254.0.0/16",  # link-local; metadata at 169.254.169.254
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, this host, and IPv4 in its oldest disguise
        "::ffff:0:0/96",  # IPv4, mapped
        "::ffff:0:0:0/96",  # IPv4, translated
        "64:ff9b::/96",  # IPv4 behind NAT64
        "64:ff9b:1::/48",  # the same, of one's own
        "100::/64",  # discarded
        "100:0:0:1::/64",  # dummies
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local; metadata at fd00:ec2::254
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
"""Addresses that nothing is sent to unless the operator allows them."""

GLOBAL_V6 = IPv6Network("2000::/3")
"""All of IPv6 that is assigned to anybody to be reached by all; the rest is denied unnamed."""

CLOSED_PORTS = frozenset(
    {1433, 1521, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 4190, 5060, 5061, 5432, 5672, 5900, 5984, 6000, 6379}
    | {6443, 6665, 6666, 6667, 6668, 6669, 6697, 9042, 9092, 9200, 9300, 10250, 11211, 27017}
)
"""Ports above 1023 on which something listens that is no web server."""

USUAL_PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_QUAD = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")
_LONGEST_NAME = 253


class Forbidden(Exception):  # noqa: N818  an answer, not a fault
    """Nothing may be sent there; the message says why, and what to do."""


class WebAddress(Struct, frozen=True):
    """A URL taken apart once, so that what was checked is what is connected to; `host` has no brackets."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str


def parse_url(text: str) -> WebAddress:
    """Take a URL apart; raises Forbidden where it is anything but plain."""
    found = _URL.fullmatch(text)
    if found is None:
        raise Forbidden("The URL must begin with https:// or http://.")
    if not text.isascii() or any(not 0x20 < ord(each) < 0x7F for each in text) or "\\" in text:  # noqa: PLR2004  ASCII
        raise Forbidden("The URL must be printable ASCII; write a name in other letters as xn--….")
    if found[4] is not None:
        raise Forbidden("The URL must have no fragment; leave out the # and what follows.")
    scheme: Literal["http", "https"] = "https" if found[1].lower() == "https" else "http"
    if "@" in found[2]:
        raise Forbidden("The URL must hold no user or password; deliveries prove themselves by their signature.")
    authority = _AUTHORITY.fullmatch(found[2])
    if authority is None:
        raise Forbidden("The URL's host is malformed; write a name, an IPv4 address, or [an IPv6 address].")
    target = found[3] if found[3].startswith("/") else "/" + found[3]
    return WebAddress(scheme, _host(authority[1]), _port(scheme, authority[2]), target)


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except ValueError:
            raise Forbidden("The URL's host is no IPv6 address.") from None
    host = text.lower()
    labels = host.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return _quad(host)
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise Forbidden("The URL's host is no name; leave out a dot at its end.")
    return host


def _quad(text: str) -> str:
    # Other ways to write an address (2130706433, 0x7f.1, 0177.0.0.1) mean different things to different readers.
    try:
        return str(IPv4Address(text)) if _QUAD.fullmatch(text) else _no_quad()
    except ValueError:
        return _no_quad()


def _no_quad() -> str:
    raise Forbidden("The URL's host is no IPv4 address; write four decimal numbers such as 203.0.113.7.")


def _port(scheme: str, text: str | None) -> int:
    if text is None:
        return USUAL_PORTS[scheme]
    port = int(text)
    if port in USUAL_PORTS.values() or (FIRST_FREE_PORT <= port < 1 << 16 and port not in CLOSED_PORTS):
        return port
    raise Forbidden(
        f"Port {port} is no web server's; use 443, 80, or one above 1023 that no other service is known by."
    )


def check_addresses(
    address: WebAddress,
    found: Iterable[str],
    allowed: Iterable[Network],
    setting: str = "ASTROLABE_WEBHOOK_ALLOW",
) -> tuple[str, ...]:
    """Return the addresses to connect to; raises Forbidden where one of them is denied, or plain http goes outside.

    `setting` is what an operator allows addresses with.
    """
    ips = [ip_address(each) for each in found]
    if not ips:
        raise Forbidden(f"The name {address.host} has no address; correct it, or try again later.")
    inside = [each for each in ips if _within(each, allowed)]
    outside = [each for each in ips if each not in inside]
    if denied := [each for each in outside if is_denied(each)]:
        raise Forbidden(f"{address.host} leads to {denied[0]}, which is not public; {setting} may allow it.")
    if address.scheme == "http" and outside:
        raise Forbidden("Only https goes outside; write https://, or have an operator allow the address.")
    return tuple(str(each) for each in ips)


def check_inside(host: str, found: Iterable[str], allowed: Iterable[Network]) -> tuple[str, ...]:
    """Return the addresses to connect to; raises Forbidden where one of them is in none of the networks."""
    ips, networks = [ip_address(each) for each in found], tuple(allowed)
    if outside := [each for each in ips if not _within(each, networks)]:
        raise Forbidden(f"{host} leads to {outside[0]}, which is neither this host's nor allowed.")
    return tuple(str(each) for each in ips)


def is_denied(ip: Ip) -> bool:
    """Return whether an address is special in any way."""
    scoped = isinstance(ip, IPv6Address) and (ip.scope_id is not None or ip not in GLOBAL_V6)
    return scoped or _within(ip, DENIED)


def _within(ip: Ip, networks: Iterable[Network]) -> bool:
    return any(each.version == ip.version and ip in each for each in networks)
