"""The heap: what a process keeps for as long as it lives."""

import gc


def freeze_heap() -> None:
    """Exempt all that there is now from garbage collection; to be called once, when a process is ready to work.

    Otherwise each of its full rounds goes through every module, route and model again, and finds none to be garbage.
    """
    gc.collect()
    gc.freeze()
