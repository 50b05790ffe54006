"""What Docker's program sends to an engine for the commands that change one thing, or wait for it."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

OPTIONS: Final = {"--ip": "IPv4Address", "--ip6": "IPv6Address"}


class EngineRequest(NamedTuple):
    """A POST to an engine's API."""

    path: str
    body: dict[str, Any] | None = None


def request_of(command: Sequence[str]) -> EngineRequest | None:
    """Return the one request that a command comes to; None where it is more than one, or none that is known here.

    Source: Docker Engine API, containers/start, containers/wait, containers/update, networks/connect and
    networks/disconnect.
    """
    match command[1:]:
        case "start", container:
            return EngineRequest(f"/containers/{container}/start")
        case "wait", container:
            return EngineRequest(f"/containers/{container}/wait")
        case "update", "--restart", policy, container:
            return EngineRequest(f"/containers/{container}/update", {"RestartPolicy": _policy(policy)})
        case "network", "disconnect", network, container:
            return EngineRequest(f"/networks/{network}/disconnect", {"Container": container})
        case "network", "connect", *words, network, container:
            body = {"Container": container, "EndpointConfig": _endpoint(words)}
            return EngineRequest(f"/networks/{network}/connect", body)
        case _:
            return None


def _policy(written: str) -> dict[str, Any]:
    name, _, most = written.partition(":")
    return {"Name": name, "MaximumRetryCount": int(most or 0)}


def _endpoint(words: Sequence[str]) -> dict[str, Any]:
    pairs = list(zip(words[::2], words[1::2], strict=True))
    addresses = {OPTIONS[option]: value for option, value in pairs if option in OPTIONS}
    aliases = [value for option, value in pairs if option == "--alias"]
    return {"Aliases": aliases, **({"IPAMConfig": addresses} if addresses else {})}
