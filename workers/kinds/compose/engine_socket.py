"""An engine's own API at its socket: it takes a tenth of what starting Docker's program would."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

import httpx

from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import NO_TLS
from astrolabe.workers.kinds.compose.engine_requests import EngineRequest
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.output import Redactor

DEFAULT: Final = "unix:///var/run/docker.sock"
ASK_SECONDS: Final = 60.0
"""How long an engine may take for an answer, as long as for Docker's program."""


class EngineSocket:
    """Speaks to one engine on this host; what takes more than one request is left to Docker's own program."""

    def __init__(self, path: str, secrets: Sequence[str] = ()) -> None:
        self._path: str = path
        self.redact: Redactor = Redactor(secrets)

    @classmethod
    def of(cls, environment: Mapping[str, str], secrets: Sequence[str] = ()) -> Self | None:
        """Find the socket that Docker's program would speak to; None where it goes by a context, or to another host."""
        host = environment.get("DOCKER_HOST") or ("" if _context(environment) else DEFAULT)
        return cls(host.removeprefix("unix://"), secrets) if host.startswith("unix://") else None

    async def asked(self, path: str, **parameters: str) -> bytes | None:
        """Return the JSON of an answer; None where the engine has no such thing, StepFailed where there is no engine.

        Raises CommandFailed where the engine says no.
        """
        answer = await self._sent("GET", path, ASK_SECONDS, params=parameters)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.is_success:
            raise shell.CommandFailed(("GET", path), answer.status_code, self.redact(answer.text))
        return answer.content

    async def act(self, command: Sequence[str], request: EngineRequest, deadline: float) -> shell.Finished:
        """Do what a command of Docker's program would; StepFailed where there is no engine, CommandFailed where not."""
        shown, began = tuple(map(self.redact, command)), time.monotonic()
        answer = await self._sent("POST", request.path, deadline, json=request.body)
        # What is as it was asked to be is no failure: a container that was started already.
        if not answer.is_success and answer.status_code != HTTPStatus.NOT_MODIFIED:
            raise shell.CommandFailed(shown, 1, f"Error response from daemon: {self.redact(_message(answer))}")
        return shell.Finished(shown, 0, "", "", time.monotonic() - began)

    async def posted(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send a request and return the answer as it is; StepFailed where there is no engine."""
        return await self._sent("POST", path, ASK_SECONDS, json=body)

    @contextlib.asynccontextmanager
    async def streamed(self, path: str, body: dict[str, Any]) -> AsyncGenerator[httpx.Response]:
        """Send a request whose answer comes bit by bit, for as long as it takes; httpx's errors are the caller's."""
        async with (
            self._speaking(None) as speaking,
            speaking.stream("POST", f"http://engine{path}", json=body) as answer,
        ):
            yield answer

    def _speaking(self, deadline: float | None) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(uds=self._path, verify=NO_TLS)
        return httpx.AsyncClient(transport=transport, timeout=deadline)

    async def _sent(self, method: str, path: str, deadline: float, **options: Any) -> httpx.Response:
        try:
            async with asyncio.timeout(deadline), self._speaking(deadline) as speaking:
                return await speaking.request(method, f"http://engine{path}", **options)
        except (httpx.HTTPError, TimeoutError) as error:
            raise unreachable([f"{type(error).__name__}: {error}"]) from error


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


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text


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
