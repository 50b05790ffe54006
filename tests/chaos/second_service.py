"""A second service on an instance's database, in a process of its own: `second_service RECORD DATABASE_URL`."""

import asyncio
import sys
from pathlib import Path

from tests.chaos.record import Record
from tests.chaos.writers import as_service

if __name__ == "__main__":
    with Record(Path(sys.argv[1])) as kept:
        asyncio.run(as_service(kept, sys.argv[2]))
