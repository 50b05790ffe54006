"""Random histories: instances, their users and their workers, through decide and into the log."""

from collections.abc import Sequence

from hypothesis import strategies as st
from msgspec.structs import replace

from astrolabe.domain.problem import Refused
from astrolabe.domain.upgrades.commands import (
    Cancel,
    Reconfigure,
    Register,
    RequestRollback,
    RequestUpgrade,
    Retire,
    Retry,
)
from astrolabe.domain.upgrades.events import KeptDiscarded
from astrolabe.domain.upgrades.reconcile import Discard, due
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.errors import Conflict
from astrolabe.store.ids import new_id
from astrolabe.store.streams.instances import Instances
from tests.domain import worker
from tests.domain.samples import BARE, CONFIG, LATER
from tests.domain.test_machine import FOREVER, Report
from tests.store.stage import BY

ACTS = ("register", "request", "work", "work", "work", "fail", "cancel", "retry", "rollback", "move", "keep", "retire")

histories = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ACTS), st.integers(1, 9)), min_size=1, max_size=30)


class Town:
    """A few instances on which things happen; their names end as no other town's in the same log."""

    def __init__(self, instances: Instances, beside: str = "") -> None:
        self._beside = beside
        self._instances = instances
        self._loaded = [instances.fresh(new_id()) for _ in range(3)]
        self._upgrades = [new_id() for _ in range(3)]

    async def play(self, history: Sequence[tuple[int, str, int]]) -> None:
        """Let one thing happen after another; what is refused does not happen."""
        for which, act, many in history:
            for _ in range(many if act == "work" else 1):
                await self._act(which, act, many)

    async def _act(self, which: int, act: str, many: int) -> None:
        loaded = self._loaded[which]
        command = self._command(which, act, many)
        if command is None:
            return
        try:
            self._loaded[which] = await self._instances.execute(loaded, command, BY)
        except (Refused, Conflict):
            return

    def _command(self, which: int, act: str, many: int):  # noqa: C901, PLR0911, PLR0912  one arm an act
        state, busy = self._loaded[which].state, worker.busy(self._loaded[which].state)
        match act:
            case "register":
                # On a host of its own: what another instance acts on is refused, whatever else is so.
                host, name = f"host-{self._loaded[which].stream_id}", f"i-{which}{self._beside}"
                return Register(replace(CONFIG if which else BARE, name=name, host=host), "5.6.0")
            case "request":
                if busy is None:
                    self._upgrades[which] = new_id()
                return RequestUpgrade(self._upgrades[which], f"6.{many}.0")
            case "work":
                return worker.success(busy) if busy else None
            case "fail":
                return worker.failure(busy) if busy else None
            case "cancel":
                return Cancel(self._upgrades[which], LATER)
            case "retry":
                return Retry(self._upgrades[which])
            case "rollback":
                return RequestRollback(self._upgrades[which])
            case "move":
                return (
                    None if isinstance(state, Absent) else Reconfigure(replace(state.instance.config, port=4000 + many))
                )
            case "keep":
                match due(state, FOREVER):
                    case Discard(kept):
                        return Report(KeptDiscarded(kept.what, kept.name))
                    case _:
                        return None
            case _:
                return Retire() if many == 9 else None
