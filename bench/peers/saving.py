"""Saves with the `eventsourcing` package: `python saving.py CLIENTS SECONDS LENGTH`, in an environment that has it."""
# pyright: basic, reportMissingImports=false

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Step(Aggregate):
    """An aggregate to which things happen."""

    @event("Progressed")
    def progress(self, message: str) -> None:
        """Record one more thing."""
        self.message = message


def main(clients: int, seconds: float, length: int) -> None:
    """Let so many threads save for some seconds, and print how many saves a second they reached."""
    application = Application()
    together = Barrier(clients)

    def save() -> tuple[int, float, float]:
        step, many = Step(), 0
        application.save(step)
        together.wait()
        started = time.perf_counter()
        while time.perf_counter() < started + seconds:
            step.progress("x" * length)
            application.save(step)
            many += 1
        return many, started, time.perf_counter()

    with ThreadPoolExecutor(clients) as threads:
        ends = [future.result() for future in [threads.submit(save) for _ in range(clients)]]
    took = max(end for _, _, end in ends) - min(start for _, start, _ in ends)
    print(sum(many for many, _, _ in ends) / took)
    application.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
