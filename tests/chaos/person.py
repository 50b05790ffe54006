"""A person at the API, who repeats a request until it is answered: with one key, so that it is carried out once."""

import asyncio
import uuid
from typing import Any, Final

import httpx
from msgspec import Struct, to_builtins

from astrolabe.domain.instances.instance import InstanceConfig

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.1
CONFLICT: Final = 409
SERVER_ERROR: Final = 500
PASSING: Final = {"request-in-flight", "contended", "rate-limited"}
"""The problems that a request is repeated after."""


class Answer(Struct, frozen=True):
    """An answer: its status, its body, and the code of its problem where it is one."""

    status: int
    body: dict[str, Any]

    @property
    def problem(self) -> str:
        """Name the problem; empty where there is none."""
        return str(self.body.get("type", "")).rpartition("/")[2] if self.status >= 400 else ""


class Person:
    """Somebody with a token for everything."""

    def __init__(self, url: str, token: str) -> None:
        self._http: Final = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=10
        )

    async def leave(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def register(self, config: InstanceConfig, version: str) -> Answer:
        """Register an instance that runs a version."""
        return await self._post("/instances", {**to_builtins(config), "version": version})

    async def upgrade(self, name: str, target: str) -> Answer:
        """Ask for an upgrade; breaking releases are known and wanted."""
        return await self._post("/upgrades", {"instance": name, "target": target, "reason": "chaos"})

    async def cancel(self, upgrade_id: str) -> Answer:
        """Call an upgrade off."""
        return await self._post(f"/upgrades/{upgrade_id}/cancel", {"reason": "chaos"})

    async def retry(self, upgrade_id: str) -> Answer:
        """Begin an upgrade again."""
        return await self._post(f"/upgrades/{upgrade_id}/retry", {"reason": "chaos"})

    async def roll_back(self, upgrade_id: str, *, accept: bool) -> Answer:
        """Take an upgrade back."""
        return await self._post(f"/upgrades/{upgrade_id}/rollback", {"accept_lost_writes": accept, "reason": "chaos"})

    async def retire(self, name: str) -> Answer:
        """Have no more to do with an instance."""
        return await self._post(f"/instances/{name}/retire", {"reason": "chaos"})

    async def read(self, path: str) -> httpx.Response:
        """Read something."""
        return await self._repeat("GET", path)

    async def _post(self, path: str, body: dict[str, Any]) -> Answer:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self._repeat("POST", path, json=body, headers=key)
        return Answer(answer.status_code, answer.json())

    async def _repeat(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    answer = await self._http.request(method, path, **sent)
                except httpx.TransportError:
                    pass
                else:
                    if not _passes(answer):
                        return answer
                await asyncio.sleep(PAUSE_SECONDS)


def _passes(answer: httpx.Response) -> bool:
    if answer.status_code == CONFLICT:
        return Answer(answer.status_code, answer.json()).problem in PASSING
    return answer.status_code >= SERVER_ERROR
