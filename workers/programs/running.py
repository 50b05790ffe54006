"""What can be said to a running process of ours, however it was started."""

import asyncio
from abc import ABC, abstractmethod
from signal import SIGKILL, SIGTERM, Signals


class RunningProcess(ABC):
    """A process and the group that it leads."""

    @abstractmethod
    async def wait(self) -> int:
        """Wait for its end; return its exit code."""

    @abstractmethod
    def signal(self, number: Signals, *, group: bool = False) -> None:
        """Send a signal to it, or to its whole group; nothing happens once it has ended."""

    async def stop(self, number: Signals = SIGTERM, *, grace: float = 10.0, group: bool = False) -> int:
        """Ask it to end, and after `grace` seconds, or when cancelled, kill its group; return its exit code."""
        self.signal(number, group=group)
        try:
            async with asyncio.timeout(grace):
                return await self.wait()
        except TimeoutError:
            pass
        finally:
            self.signal(SIGKILL, group=True)
        return await self.wait()
