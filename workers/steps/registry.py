"""Which function carries out which action of an upgrade."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from astrolabe.domain.upgrades.reconcile import ActionName
from astrolabe.workers.steps.adopt import adopt
from astrolabe.workers.steps.backup import backup
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.cutover import cut_over, serve
from astrolabe.workers.steps.fencing import fenced
from astrolabe.workers.steps.migrate import copy, follow, start, stop
from astrolabe.workers.steps.place import in_a_place
from astrolabe.workers.steps.preflight import preflight
from astrolabe.workers.steps.pull import pull
from astrolabe.workers.steps.resuming import resume
from astrolabe.workers.steps.rollback import assess, restore, revive
from astrolabe.workers.steps.verify import verify

StepFunction: TypeAlias = Callable[[StepContext], Awaitable[None]]

STEP_FUNCTIONS: Final[dict[ActionName, StepFunction]] = {
    "adopt": adopt,
    "preflight": in_a_place(preflight, "preflight", lambda places: places.preflights),
    "backup": in_a_place(backup, "backup", lambda places: places.backups),
    "pull": pull,
    "stop": stop,
    "copy": fenced(copy),
    "start": fenced(start),
    "follow": fenced(follow),
    "verify": fenced(verify),
    "cutover": fenced(cut_over),
    "serve": serve,
    "assess": assess,
    "restore": restore,
    "resume": resume,
    "revive": revive,
}
