"""Unleash over its own HTTP API, as its user."""

from typing import Self

import httpx

FLAGS = "/api/admin/projects/default/features"


class Unleash:
    """One running Unleash."""

    def __init__(self, port: int, token: str) -> None:
        self._http: httpx.AsyncClient = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": token}, trust_env=False, timeout=30
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def make_flag(self, name: str) -> None:
        """Make a feature flag."""
        (await self._http.post(FLAGS, json={"name": name, "type": "release"})).raise_for_status()

    async def flags(self) -> set[str]:
        """List the feature flags."""
        answer = (await self._http.get(FLAGS)).raise_for_status()
        return {each["name"] for each in answer.json()["features"]}

    async def version(self) -> str:
        """Ask which version answers."""
        answer = (await self._http.get("/docs/openapi.json")).raise_for_status()
        return answer.json()["info"]["version"]
