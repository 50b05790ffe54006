"""Real witnesses on ports of their own, which a test ends and starts again at the same place."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from astrolabe.api.server import Server
from astrolabe.api.witness.app import witness_app
from astrolabe.api.witness.witness import Witness
from astrolabe.domain.audit.note import PrivateKey, PublicKey
from astrolabe.domain.audit.witness_policy import WitnessPolicy, parse_policy
from astrolabe.store.audit.witnessed import Witnessed
from tests.audit_logs import WITNESS_KEYS


class Standing:
    """One witness of one log, which may be ended and started again."""

    def __init__(self, key: PrivateKey, folder: Path, logs: Sequence[PublicKey]) -> None:
        self.key = key
        self.folder = folder
        self._logs = {each.name: [each] for each in logs}
        self._port = 0
        self._ending: AsyncExitStack | None = None

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Stand where it stood before."""
        stack = AsyncExitStack()
        witnessed = stack.enter_context(Witnessed(self.folder))
        server = Server(witness_app(Witness(self.key, self._logs, witnessed)), "127.0.0.1", self._port)
        task = asyncio.create_task(server._serve())
        await server.ready.wait()
        self._port = server.port

        async def ended() -> None:
            server.stop()
            await task

        stack.push_async_callback(ended)
        self._ending = stack

    async def end(self) -> None:
        """Stand no more; what was cosigned stays."""
        if self._ending:
            await self._ending.aclose()
            self._ending = None


@asynccontextmanager
async def standing(folder: Path, logs: Sequence[PublicKey], many: int = 2) -> AsyncIterator[list[Standing]]:
    """Let some witnesses of these logs stand."""
    found = [Standing(key, folder / key.name, logs) for key in WITNESS_KEYS[:many]]
    try:
        for each in found:
            await each.start()
        yield found
    finally:
        for each in found:
            await each.end()


def policy_text(witnesses: Sequence[Standing], least: str = "all") -> str:
    """A policy that so many of them must have cosigned."""
    lines = [f"witness {each.key.name} {each.key.public.cosigner_text} {each.url}" for each in witnesses]
    return "\n".join([*lines, f"group all-of-us {least} {' '.join(each.key.name for each in witnesses)}"]) + (
        "\nquorum all-of-us\n"
    )


def policy(witnesses: Sequence[Standing], least: str = "all") -> WitnessPolicy:
    """The same, as it is read."""
    return parse_policy(policy_text(witnesses, least))
