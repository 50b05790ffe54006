"""An engine's own API at its socket: a question takes a tenth of what starting Docker's program for it would."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

import httpx

from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import NO_TLS
from astrolabe.workers.programs import shell

DEFAULT: Final = "unix:///var/run/docker.sock"
ASK_SECONDS: Final = 60.0
"""How long an engine may take for an answer, as long as for Docker's program."""


class EngineSocket:
    """Asks one engine on this host; whatever has an effect is left to Docker's own program."""

    def __init__(self, path: str) -> None:
        self._path: str = path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self | None:
        """Find the socket that Docker's program would speak to; None where it goes by a context, or to another host."""
        host = environment.get("DOCKER_HOST") or ("" if _context(environment) else DEFAULT)
        return cls(host.removeprefix("unix://")) if host.startswith("unix://") else None

    async def asked(self, path: str, **parameters: str) -> bytes | None:
        """Return the JSON of an answer; None where the engine has no such thing, StepFailed where there is no engine.

        Raises CommandFailed where the engine says no.
        """
        transport = httpx.AsyncHTTPTransport(uds=self._path, verify=NO_TLS)
        try:
            async with (
                asyncio.timeout(ASK_SECONDS),
                httpx.AsyncClient(transport=transport, timeout=ASK_SECONDS) as asking,
            ):
                answer = await asking.get(f"http://engine{path}", params=parameters)
        except (httpx.HTTPError, TimeoutError) as error:
            raise unreachable([f"{type(error).__name__}: {error}"]) from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.is_success:
            raise shell.CommandFailed(("GET", path), answer.status_code, answer.text)
        return answer.content


def unreachable(seen: list[str]) -> StepFailed:
    """Say that an engine does not answer."""
    return StepFailed(
        "engine-unreachable",
        "The container engine does not answer.",
        seen=seen,
        todo="Start the engine, or see that DOCKER_HOST and the instance name the right one, then retry.",
    )


def having(labels: tuple[str, ...]) -> str:
    """Write the filter of an engine's API for all of these labels."""
    return json.dumps({"label": labels})


def _context(environment: Mapping[str, str]) -> str | None:
    """Return the context that Docker's program is set to; None where it is the default one, or none."""
    folder = environment.get("DOCKER_CONFIG") or str(Path(environment.get("HOME", ""), ".docker"))
    chosen: Any = environment.get("DOCKER_CONTEXT")
    if not chosen:
        try:
            chosen = json.loads(Path(folder, "config.json").read_bytes()).get("currentContext")
        except (OSError, ValueError, AttributeError):
            return None
    return None if chosen in (None, "", "default") else str(chosen)
