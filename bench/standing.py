"""A process that stands in for many gateways: it answers on each of its ports which version it is, and nothing else."""

import asyncio
import json
import resource
import sys
from collections import Counter
from functools import partial

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 19\r\n\r\n"
BODY = b'{"version":"1.0.0"}'


LOOKS = b"GET /looks "
"""What is asked for how often each port was asked for its version."""


async def answer(looks: Counter[str], port: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request."""
    asked = await reader.readuntil(b"\r\n\r\n")
    if asked.startswith(LOOKS):
        body = json.dumps(looks).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    else:
        looks[port] += 1
        writer.write(ANSWER + BODY)
    await writer.drain()
    writer.close()


async def main() -> None:
    """Serve every port that is named until the end."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    looks: Counter[str] = Counter()
    for port in sys.argv[1:]:
        await asyncio.start_server(partial(answer, looks, port), "127.0.0.1", int(port))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
