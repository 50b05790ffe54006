"""Celery chains of five tasks that do nothing: `python chain.py REDIS_URL CLIENTS SECONDS`."""
# pyright: basic, reportMissingImports=false

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from celery import Celery, chain
from celery.contrib.testing.worker import start_worker

THREADS = 8
app = Celery("bench", broker=sys.argv[1], backend=sys.argv[1])


@app.task
def nothing(nth: int) -> int:
    """Do nothing; nobody remembers it when the broker is gone."""
    return nth


def main(clients: int, seconds: float) -> None:
    """Let so many run at once for some seconds, and print how many a second ended."""
    with start_worker(app, pool="threads", concurrency=THREADS, loglevel="ERROR", perform_ping_check=False):
        print(measured(clients, seconds), flush=True)


def measured(clients: int, seconds: float) -> float:
    """Measure beside a worker that is there."""
    flow = chain(nothing.s(0), *(nothing.s() for _ in range(4)))
    flow.delay().get(timeout=60)
    started = time.perf_counter()

    def run() -> int:
        many = 0
        while time.perf_counter() < started + seconds:
            flow.delay().get(timeout=60)
            many += 1
        return many

    with ThreadPoolExecutor(clients) as threads:
        done = sum(future.result() for future in [threads.submit(run) for _ in range(clients)])
    return done / (time.perf_counter() - started)


if __name__ == "__main__":
    main(int(sys.argv[2]), float(sys.argv[3]))
