"""What the relay and the worker have in common as processes: how they log, and how they are asked to stop."""

import asyncio
import logging
import signal

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr() -> None:
    """Log what an operator wants to know."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def stop_requested() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; to be called on the event loop of the main thread.

    The kernel hands a signal to any thread, after a suspension most often to another than the main one, on which alone
    Python runs handlers. An event loop is woken for that; a thread that waits for a lock would never hear of it.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
