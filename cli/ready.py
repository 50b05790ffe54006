"""Waiting for an API to be ready."""

import asyncio

import httpx

from astrolabe.cli.certificates import certificates_for
from astrolabe.cli.servers.problem import Unavailable

POLL_SECONDS = 0.1


async def until_ready(url: str, seconds: float = 60.0) -> None:
    """Return when the API says that it can do its work; raises Unavailable after some seconds."""
    said = "nothing"
    certificates = certificates_for(url)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=5, verify=certificates) as client:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        answer = await client.get("/readyz")
                    except httpx.HTTPError as error:
                        said = f"{type(error).__name__}: {error}"
                    else:
                        if answer.is_success:
                            return
                        said = answer.text
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise Unavailable(f"The API at {url} is not ready after {seconds:g} seconds; it says {said}.") from None
