"""A stream of server-sent events: what happens to one upgrade, as it happens."""

from collections.abc import Iterable

from typing_extensions import override

from astrolabe.api.http.event import cursor_of, event_view
from astrolabe.api.http.server_sent import Feed, message
from astrolabe.api.upgrades.follower import Follower
from astrolabe.api.upgrades.progress import progress_of
from astrolabe.store.streams.instances import InstanceRecorded


class UpgradeFeed(Feed):
    """An upgrade's events after a cursor, until it has ended, and how far the step under way is.

    While an upgrade is under way no label changes.
    """

    about: bytes = b"events of one upgrade"

    def __init__(self, follower: Follower, after: int, *, placed: bool) -> None:
        """Say what comes after a cursor, which is a position of the log where the caller may see that: `placed`."""
        self.topic: str | None = follower.upgrade_id
        self._follower: Follower = follower
        self._after: int = after
        self._placed: bool = placed

    @override
    async def look(self) -> Iterable[bytes]:
        events = [each for each in await self._follower.read() if self._is_new(each)]
        said = [self._message(each) for each in events]
        self.ended: bool = self._follower.ended
        if not self.ended and (tick := await self._follower.tick()):
            said.append(message("progress", progress_of(tick)))
        return said

    def _is_new(self, recorded: InstanceRecorded) -> bool:
        cursor = cursor_of(recorded, placed=self._placed)
        return cursor is not None and cursor > self._after

    def _message(self, recorded: InstanceRecorded) -> bytes:
        """Write one event: its cursor as id, its type, and the same JSON as in lists."""
        view = event_view(recorded, placed=self._placed)
        return message(view.type, view, view.cursor or 0)
