"""A flood, as a process of its own: `python -m tests.api.flood PORT IDLE SLOW GIANT` says when it is there."""

import asyncio
import contextlib
import sys

HEAD = b"GET /readyz HTTP/1.1\r\nHost: x\r\n"


async def idle(port: int) -> None:
    """Open a connection and say nothing; open another where it was closed."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(OSError):
                await reader.read()
            writer.close()
        await asyncio.sleep(1)


async def endless(port: int, then: bytes, pause: float) -> None:
    """Begin a request and never end it, on one connection after another."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(HEAD)
                while True:
                    writer.write(then)
                    await writer.drain()
                    await asyncio.sleep(pause)
            finally:
                writer.close()


async def flood(port: int, idles: int, slows: int, giants: int) -> None:
    """Do all of it until somebody ends the process."""
    async with asyncio.TaskGroup() as group:
        for _ in range(idles):
            group.create_task(idle(port))
        for _ in range(slows):
            group.create_task(endless(port, b"X: y\r\n", 0.2))
        for _ in range(giants):
            group.create_task(endless(port, b"x" * (1 << 18), 0.02))
        await asyncio.sleep(1)
        sys.stdout.write("here\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(flood(*map(int, sys.argv[1:])))
