"""Reads the notification log of `eventsourcing` into typed events: `python notifications.py EVENTS LENGTH`."""
# pyright: basic, reportMissingImports=false

import sys
import time

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

LONG = 50
SECTION = 5000


class Step(Aggregate):
    """An aggregate to which things happen."""

    @event("Progressed")
    def progress(self, message: str) -> None:
        """Record one more thing."""
        self.message = message


def main(events: int, length: int) -> None:
    """Fill the log up to so many events, read all of it, and print how many a second that was."""
    application = Application()
    there = application.recorder.max_notification_id() or 0
    while there < events:
        stored = []
        for _ in range(20):
            step = Step()
            for _ in range(LONG - 1):
                step.progress("x" * length)
            stored += [application.mapper.to_stored_event(each) for each in step.collect_events()]
        application.recorder.insert_events(stored)
        there += len(stored)
    started, last, read = time.perf_counter(), 0, 0
    while found := application.recorder.select_notifications(start=last + 1, limit=SECTION):
        for each in found:
            application.mapper.to_domain_event(each)
        last, read = found[-1].id, read + len(found)
    print(read / (time.perf_counter() - started))
    application.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
