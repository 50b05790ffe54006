"""The heap: what a process keeps for as long as it lives."""

import gc


def keep_what_lasts() -> None:
    """Return the garbage collector that all there is now stays; to be called once, when a process is ready to work.

    Otherwise each of its full rounds goes through every module, route and model again, and finds none to be garbage.
    """
    gc.collect()
    gc.freeze()
