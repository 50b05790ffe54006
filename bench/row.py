"""The row that every contender appends: as long as an ordinary event of an upgrade."""

from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.events import StepProgressed
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry

CAUSE = Cause("bench", "how fast is the log here", "bench")


def event() -> StepProgressed:
    """Make an event of ordinary length."""
    return StepProgressed(new_id(), "migrate", "migration 242 of 332: add a column to a table", 242, 332)


def payload() -> str:
    """Return a text as long as the entry of that event."""
    return "x" * len(encode(make_entry(new_id(), 1, event(), CAUSE)))
