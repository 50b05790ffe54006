"""Astrolabe's own commands with longer pauses between their looks at queues: `python -m tests.chaos.unhurried worker`.

Several houses stand on one machine, where looking costs more than all that is seen. It is a tenth of a second that a
step may begin later; nothing else differs from what is installed.
"""

import sys
from typing import Final

from astrolabe.cli.main import main
from astrolabe.store.log import sequencer
from astrolabe.workers.worker import process

PAUSE_MS: Final = 100


def run_unhurried(*words: str) -> list[str]:
    """Return the argv of an astrolabe command that looks less often."""
    return [sys.executable, "-m", __name__, *words]


def look_less_often() -> None:
    """Lengthen the pauses of this process."""
    process.POLL_MS = PAUSE_MS
    sequencer.IDLE_SECONDS = PAUSE_MS / 1000


if __name__ == "__main__":
    look_less_often()
    main()
