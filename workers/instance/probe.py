"""The probe: asks a gateway whether it serves, and which version answers."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, Protocol, Self, TypeAlias

import httpx
import msgspec

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.version_form import said_version
from astrolabe.workers.instance.reach import HERE, NoAddressError, Reach

TIMEOUT = 2.0
"""Seconds that a whole question may take, from connecting to the end of the answer."""

LONGEST = 200
"""Characters of a field of an answer that are handed on."""

MOST_BYTES = 8 << 20
"""Bytes of an answer that are read; what is longer is no answer (an OpenAPI document has its place in it)."""

EVERY = 0.05
"""Seconds between probes while downtime is measured."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""A gateway is asked over plain HTTP; reading the machine's certificates for that would cost 35 ms of downtime."""


Where: TypeAlias = Callable[[], Awaitable[tuple[str, int] | None]]
"""Says at which address and port a gateway answers; None for the instance's own."""


class NowhereToAsk(Exception):  # noqa: N818  what is true of a gateway, no fault of ours
    """A gateway without a port of its own that has no address at this moment."""


class EndlessAnswer(Exception):  # noqa: N818  what a gateway did, no fault of ours
    """An answer that goes on and on."""


FAILED: Final = (httpx.HTTPError, TimeoutError, EndlessAnswer, NoAddressError, NowhereToAsk)
"""Why a question may have no answer."""


class Probed(Protocol):
    """What can be asked whether it serves, and which version answers."""

    async def health(self) -> tuple[bool, str]:
        """Ask whether it serves; return the verdict and what was seen."""
        ...

    async def version(self) -> str | None:
        """Ask which version answers; None where nothing says."""
        ...


class Silent:
    """A command line, which serves nobody: there is nothing to wait for, and its driver asks it for its version."""

    async def health(self) -> tuple[bool, str]:
        """Say that this is skipped."""
        return True, "skipped: it serves nobody"

    async def version(self) -> str | None:
        """Say nothing."""
        return None


class Probe:
    """Speaks HTTP to one gateway, to its own address only, and only where it may: no proxy, no redirect.

    Of an answer no more is handed on than its status and the fields that the product's file names.
    """

    def __init__(self, config: InstanceConfig, product: Product, where: Where | None, reach: Reach) -> None:
        self._product: Product = product
        self._where: Where | None = where
        self._reach: Reach = reach
        self._own: tuple[str, int] | None = (config.probed_address, config.port) if config.port else None
        self._client: httpx.AsyncClient = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=NO_TLS)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, config: InstanceConfig, product: Product, where: Where | None = None, reach: Reach = HERE
    ) -> AsyncGenerator[Probed]:
        """Open a probe and close its connections in the end; `where` is asked before each question.

        Its questions raise StepFailed where the instance may not be asked.
        """
        if not config.serves:
            yield Silent()
            return
        probe = cls(config, product, where, reach)
        async with probe._client:
            yield probe

    async def health(self) -> tuple[bool, str]:
        """Ask whether the gateway serves; return the verdict and what was seen."""
        expected = self._product.health
        url = expected.path
        try:
            place = await self._place()
            url = _url(*place, expected.path)
            answer = await self._asked(*place, expected.path)
        except FAILED as error:
            return False, f"{url}: {type(error).__name__}: {error}"
        body = _json(answer)
        fields = {name: _field(body, name) for name in expected.contains}
        seen = " ".join([f"{url}: {answer.status_code}", *(f"{name}={_said(value)}" for name, value in fields.items())])
        return answer.is_success and fields == expected.contains, seen

    async def version(self) -> str | None:
        """Ask which version answers; None where the product does not say or nobody answers."""
        probe = self._product.version
        if probe is None:
            return None
        try:
            answer = await self._asked(*await self._place(), probe.path)
        except FAILED:
            return None
        value = _whole(answer) if probe.field is None else _field(_json(answer), probe.field)
        return None if value is None else said_version(self._product.version_form, value)[:LONGEST]

    async def _place(self) -> tuple[str, int]:
        """Say where it answers now."""
        place = (await self._where() if self._where else None) or self._own
        if place is None:
            raise NowhereToAsk("no container of it runs that has an address")
        return place

    async def _asked(self, host: str, port: int, path: str) -> httpx.Response:
        """Ask one question within one deadline: httpx bounds each read, and an answer may be dripped for ever."""
        async with asyncio.timeout(TIMEOUT):
            # What was checked is what is connected to, whatever the name leads to a moment later.
            of_container = (host, port) != self._own
            addresses = await (self._reach.of_container(host) if of_container else self._reach.addresses(host))
            for address in addresses[:-1]:
                with contextlib.suppress(httpx.ConnectError):
                    return await self._answer(_url(address, port, path), host, port)
            return await self._answer(_url(addresses[-1], port, path), host, port)

    async def _answer(self, url: str, host: str, port: int) -> httpx.Response:
        headers = {"Host": f"{_bracketed(host)}:{port}", "Connection": "close", "Accept-Encoding": "identity"}
        async with self._client.stream("GET", url, headers=headers) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise EndlessAnswer(f"longer than {MOST_BYTES:,} bytes")
            kind = {"Content-Type": answer.headers.get("Content-Type", "")}  # decoded already, if it was encoded
            return httpx.Response(answer.status_code, headers=kind, content=bytes(body))


class HealthWatch:
    """Remembers when a gateway was first and last healthy, as often as it is looked at."""

    def __init__(self, probe: Probed) -> None:
        self._probe: Probed = probe
        self.first_healthy_at: datetime | None = None
        self.last_healthy_at: datetime | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[Self]:
        """Look again and again while the block runs."""
        await self.look()
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait((task,))  # a cancellation of ours passes through it

    async def look(self) -> tuple[datetime | None, str]:
        """Look once; return when it was asked, where it is healthy, and what was seen."""
        asked = datetime.now(UTC)
        healthy, seen = await self._probe.health()
        if not healthy:
            return None, seen
        self.first_healthy_at = self.first_healthy_at or asked
        self.last_healthy_at = asked
        return asked, seen

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(EVERY)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _url(address: str, port: int, path: str) -> str:
    return f"http://{_bracketed(address)}:{port}{path}"


def _said(value: str | None) -> str:
    return "nothing" if value is None else repr(value[:LONGEST])


def _whole(answer: httpx.Response) -> str | None:
    """Return an answer that is nothing but a version; an error's page is none."""
    if not answer.is_success:
        return None
    body = _json(answer)
    return body if isinstance(body, str) else answer.text.strip()


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None


def _field(body: Any, dotted: str) -> str | None:
    for name in dotted.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str | None) else msgspec.json.encode(body).decode()
