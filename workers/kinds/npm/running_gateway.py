"""The gateway's process as it runs, compared with the one that would be started: its way back, rehearsed."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from astrolabe.domain.instances.surroundings import without_surroundings
from astrolabe.domain.upgrades.gateway_differences import GatewayDifferences
from astrolabe.workers.instance import process
from astrolabe.workers.instance.connection_string import ConnectionString
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.site import Site

CONFIGURATION = (".env*", "*.config.*", "config*")
"""What a Node program reads of the folder it is started in."""

SHOWN = 5
ADDRESS = "{address}"


def compare(site: Site, running: GatewayProcess, folder: Path) -> GatewayDifferences:
    """Compare a process with how it would be started in a folder, once what its owner lets us keep of it is kept.

    One that Astrolabe started differs by its owner's will alone.
    """
    try:
        environment = psutil.Process(running.pid).environ()
    except psutil.Error:
        return GatewayDifferences(unreadable=True)
    site.kept_variables.take(environment)
    if environment.get(process.MARK, "").startswith(f"{site.instance_id}/"):
        return GatewayDifferences()
    variables = dict(_variables(site, environment))
    reads = () if Path(running.folder) == folder else _configuration(Path(running.folder))
    return GatewayDifferences(
        variables=tuple(name for name in variables if name not in site.filled_variables),
        filled=tuple(_filled(name, parts) for name, parts in variables.items() if name in site.filled_variables),
        arguments=_arguments(site, running),
        folder=running.folder if reads else "",
        reads=reads,
        listens=_listens(site, running),
    )


def _variables(site: Site, environment: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Name each variable that differs, and for two connection strings the parts that do."""
    settled = {*site.config.settings, *site.config.secrets}
    settled |= {name for name, value in site.product.start.env.items() if value == ADDRESS}  # seen where it listens
    would_have = site.environment()
    for name in without_surroundings(environment):
        value, other = environment[name], would_have.get(name)
        if value == other or name in settled:
            continue
        theirs, ours = ConnectionString.read(value), ConnectionString.read(other or "")
        parts = theirs.differences(ours) if theirs and ours else []
        if parts or not (theirs and ours):
            yield name, parts


def _filled(name: str, parts: list[str]) -> str:
    return f"{name} ({', '.join(parts)})" if parts else name


def _arguments(site: Site, running: GatewayProcess) -> str:
    script, own = running.script(site.product.package.package), site.arguments(site.product.start.args)
    if script is None:
        return ""
    options, words = running.argv[1:script], running.argv[script + 1 :]
    if not options and list(words) == own:
        return ""
    also = f" and {len(options)} of Node's own" if options else ""
    return f"it was started with other arguments: {len(words)}{also}, and would be with {len(own)}"


def _configuration(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(path.name for pattern in CONFIGURATION for path in sorted(folder.glob(pattern)))[:SHOWN]
    except OSError:
        return ()


def _listens(site: Site, running: GatewayProcess) -> tuple[str, ...]:
    """Return where it listens if that is not where it would."""
    start = site.product.start
    if site.config.port is None:
        return ()
    if not any(ADDRESS in each for each in (*start.args, *start.env.values())):
        return ()  # whatever is registered, it listens where it wants to
    listens = process.addresses(running, site.config.gateway_port)
    with contextlib.suppress(OSError, ValueError):
        registered = {each[4][0] for each in socket.getaddrinfo(site.config.address, None, type=socket.SOCK_STREAM)}
        if {_plain(each) for each in listens} <= {_plain(str(each)) for each in registered}:
            return ()
    return listens


def _plain(address: str) -> str:
    parsed = ipaddress.ip_address(address)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
