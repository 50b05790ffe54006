"""A stream: folded from the log by its decider, and changed by commands that are decided on what was folded."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeAlias, cast

from cachetools import LRUCache
from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.decider import CommandT, Decider, EventT, StateT
from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause, Recorded
from astrolabe.store.errors import Conflict, WrongVersion
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.entry import AnyEvent, AnyRecorded
from astrolabe.store.log.log import Log

ATTEMPTS = 16
"""How often a command is decided anew when others keep appending first."""

REMEMBERED = 4096
"""How many streams' states are kept; of those only what came since is read and folded."""


class LoadedStream(Struct, Generic[StateT, EventT], frozen=True):
    """A stream as its events make it; the history is that part of them which was read."""

    stream_id: str
    state: StateT
    version: int = 0
    history: tuple[Recorded[EventT], ...] = ()


ClaimsFor: TypeAlias = Callable[[LoadedStream[StateT, EventT]], Sequence[Claim]]
"""What an append claims, by the stream as it will be."""


class Streams(Generic[CommandT, StateT, EventT]):
    """All streams of one kind."""

    def __init__(
        self,
        log: Log,
        decider: Decider[CommandT, StateT, EventT],
        noun: str,
        version_of: Callable[[LoadedStream[StateT, EventT], CommandT], int] = lambda loaded, _: loaded.version,
        moved_to: Callable[[StateT, StateT], Sequence[str] | None] = lambda _before, _after: None,
    ) -> None:
        """Read and append through a log.

        `version_of` is the version that a command's If-Match is about; `moved_to` what a stream acts on after a change
        and no other may, None where that stays as it was.
        """
        self._log: Log = log
        self._decider: Decider[CommandT, StateT, EventT] = decider
        self._noun: str = noun
        self._version_of: Callable[[LoadedStream[StateT, EventT], CommandT], int] = version_of
        self._moved_to: Callable[[StateT, StateT], Sequence[str] | None] = moved_to
        self._known: LRUCache[str, LoadedStream[StateT, EventT]] = LRUCache(REMEMBERED)

    def fresh(self, stream_id: str) -> LoadedStream[StateT, EventT]:
        """Return a stream that has no events yet."""
        return LoadedStream(stream_id, self._decider.initial)

    async def load(self, stream_id: str) -> LoadedStream[StateT, EventT]:
        """Fold a whole stream."""
        return await self.refresh(self.fresh(stream_id))

    async def load_at(
        self, stream_id: str, *, position: int | None = None, time: datetime | None = None
    ) -> LoadedStream[StateT, EventT]:
        """Fold a stream as it stood at a position of the log or a time of the database's clock."""
        return fold(self._decider, stream_id, await self._log.read_stream_at(stream_id, position=position, time=time))

    async def current(self, stream_id: str) -> LoadedStream[StateT, EventT]:
        """Return a stream as it is now, without its history; what was folded before is not folded again."""
        return self._remember(await self.refresh(self.known(stream_id)))

    def known(self, stream_id: str) -> LoadedStream[StateT, EventT]:
        """Return a stream as far as it is known, which may be long ago; to be read on from there."""
        return self._known.get(stream_id) or self.fresh(stream_id)

    def continued(
        self, known: LoadedStream[StateT, EventT], more: Sequence[AnyRecorded]
    ) -> LoadedStream[StateT, EventT]:
        """Return a stream as it is after what was read behind what was known, without its history."""
        return self._remember(_extend(self._decider, known, more))

    async def refresh(self, loaded: LoadedStream[StateT, EventT]) -> LoadedStream[StateT, EventT]:
        """Fold what was appended since."""
        return _extend(self._decider, loaded, await self._log.read_stream(loaded.stream_id, loaded.version))

    async def execute(
        self,
        loaded: LoadedStream[StateT, EventT],
        command: CommandT,
        cause: Cause,
        *,
        if_match: int | None = None,
        fence: int | None = None,
        claims: ClaimsFor[StateT, EventT] = lambda _: (),
        check: Callable[[StateT], None] = lambda _: None,
    ) -> LoadedStream[StateT, EventT]:
        """Decide a command and append what follows; where somebody else was first, decide anew on what is then so.

        `check` raises where the caller has nothing to ask of such a state. Raises what that raises, Refused,
        WrongVersion, StaleFence, AlreadyClaimed, IdentityTaken; nothing was recorded then.
        """
        for _ in range(ATTEMPTS):
            check(loaded.state)
            if if_match is not None and (version := self._version_of(loaded, command)) != if_match:
                raise WrongVersion(self._noun, version)
            events = self._decider.decide(command, loaded.state)
            if not events:
                return loaded
            after = self._after(loaded, events)
            try:
                appended = await self._log.append(
                    loaded.stream_id,
                    loaded.version,
                    cast("Sequence[AnyEvent]", events),
                    cause,
                    fence=fence,
                    claims=claims(after),
                    identity=self._moved_to(loaded.state, after.state),
                )
            except Conflict:
                loaded = await self.refresh(loaded)
            else:
                return self._appended(_extend(self._decider, loaded, appended))
        raise Refused("contended", f"Too many others change this {self._noun} at this moment; try again.")

    def _after(self, loaded: LoadedStream[StateT, EventT], events: Sequence[EventT]) -> LoadedStream[StateT, EventT]:
        state = self._decider.replay(events, loaded.state)
        return LoadedStream(loaded.stream_id, state, loaded.version + len(events))

    def _appended(self, loaded: LoadedStream[StateT, EventT]) -> LoadedStream[StateT, EventT]:
        if loaded.stream_id in self._known:
            self._remember(loaded)
        return loaded

    def _remember(self, loaded: LoadedStream[StateT, EventT]) -> LoadedStream[StateT, EventT]:
        bare, known = replace(loaded, history=()), self._known.get(loaded.stream_id)
        if known is None or known.version < bare.version:
            self._known[loaded.stream_id] = bare
        return bare


class OneStream(Generic[CommandT, StateT, EventT]):
    """A kind of which there is one stream, at a known id."""

    def __init__(self, streams: Streams[CommandT, StateT, EventT], stream_id: str) -> None:
        self._streams: Streams[CommandT, StateT, EventT] = streams
        self._stream_id: str = stream_id

    async def current(self) -> StateT:
        """Return what its events make of it now."""
        return (await self._streams.current(self._stream_id)).state

    async def execute(
        self,
        command: CommandT,
        cause: Cause,
        *,
        if_match: int | None = None,
        claims: ClaimsFor[StateT, EventT] = lambda _: (),
    ) -> LoadedStream[StateT, EventT]:
        """Decide a command and append what follows; raises Refused, WrongVersion, AlreadyClaimed."""
        loaded = await self._streams.current(self._stream_id)
        return await self._streams.execute(loaded, command, cause, if_match=if_match, claims=claims)


def fold(
    decider: Decider[CommandT, StateT, EventT], stream_id: str, history: Sequence[AnyRecorded]
) -> LoadedStream[StateT, EventT]:
    """Fold a history from its beginning."""
    return _extend(decider, LoadedStream(stream_id, decider.initial), history)


def _extend(
    decider: Decider[CommandT, StateT, EventT], loaded: LoadedStream[StateT, EventT], more: Sequence[AnyRecorded]
) -> LoadedStream[StateT, EventT]:
    if not more:
        return loaded
    recorded = cast("Sequence[Recorded[EventT]]", more)
    state = decider.replay((each.event for each in recorded), loaded.state)
    return LoadedStream(loaded.stream_id, state, recorded[-1].version, (*loaded.history, *recorded))
