"""A process that stands in for many gateways: it answers on each of its ports which version it is, and nothing else."""

import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 19\r\n\r\n"
BODY = b'{"version":"1.0.0"}'


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER + BODY)
    await writer.drain()
    writer.close()


async def main() -> None:
    """Serve every port that is named until the end."""
    for port in sys.argv[1:]:
        await asyncio.start_server(answer, "127.0.0.1", int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
