"""Servers fall: PostgreSQL without a checkpoint, Valkey with all it had, disks full."""

import asyncio
from typing import Final

import redis

from tests.chaos.disk import Disk
from tests.chaos.house import Server
from tests.chaos.stage import Stage

DOWN_SECONDS: Final = 0.7
BROKER_DOWN_SECONDS: Final = 2.0
FULL_SECONDS: Final = 1.5


async def crash_log(stage: Stage) -> None:
    """Stop the log's server as `-m immediate` does, and start it again."""
    await stage.house.log.crash(DOWN_SECONDS)


async def crash_instances(stage: Stage) -> None:
    """Stop the instances' server as `-m immediate` does, and start it again."""
    await stage.house.instances.crash(DOWN_SECONDS)


async def flush_broker(stage: Stage) -> None:
    """Let the broker forget everything."""
    with redis.Redis.from_url(stage.house.valkey.url) as client:
        client.flushall()


async def kill_broker(stage: Stage) -> None:
    """Kill the broker, and start it again."""
    async with stage.house.broker_turn:
        stage.house.valkey.kill()
        await stage.house.valkey.wait()
        await asyncio.sleep(BROKER_DOWN_SECONDS)
        await stage.house.valkey.start()


async def fill_log_disk(stage: Stage) -> None:
    """Leave the log's server no room for a while."""
    await full(stage.house.log.disk, stage.house.log)


async def fill_instances_disk(stage: Stage) -> None:
    """Leave the instances' server no room for a while."""
    await full(stage.house.instances.disk, stage.house.instances)


async def fill_worker_disk(stage: Stage) -> None:
    """Leave the workers no room for dumps, trees and logs for a while."""
    await full(stage.house.data, None)


async def full(disk: Disk, server: Server | None) -> None:
    """Leave no room on a disk for a while; a server that is on it is mended afterwards."""
    await asyncio.to_thread(disk.fill)
    try:
        await asyncio.sleep(FULL_SECONDS)
    finally:
        disk.free()
        if server:
            await server.mend()
