"""The notary: builds the tree behind the sequencer, signs checkpoints, and writes them out of the database."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from astrolabe.domain.audit.note import NoteError, PrivateKey
from astrolabe.domain.audit.witness_policy import WitnessPolicy
from astrolabe.domain.webhooks.web_address import Network
from astrolabe.store.audit.checkpoints import Checkpoints, Signed
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.errors import StoreError
from astrolabe.store.log.log import Log
from astrolabe.store.log.tail import Tail
from astrolabe.store.streams.witnesses import Witnesses
from astrolabe.workers.relay.announcing import Announcer
from astrolabe.workers.relay.cosigning import Cosigning
from astrolabe.workers.relay.publishing import Contradiction, Opened, Publisher, Unwritable
from astrolabe.workers.relay.signing_keys import KeyProblem, SigningKeys

LOG = logging.getLogger("astrolabe.notary")

REST_SECONDS = 3.0
"""How long new events wait for their checkpoint at most, where nothing fails."""
SILENT_SECONDS = 3600.0
"""How old a checkpoint may become where nothing happens."""
LOOK_SECONDS = 300.0
"""How often is looked, where nothing happens, for a checkpoint of another relay's."""
PAUSE_SECONDS = 1.0
"""How long events are gathered before they are added: together they cost the appends less."""

LOGGED = (KeyProblem, Contradiction, Unwritable, NoteError, StoreError)


class Notarial(Struct, frozen=True):
    """Where the keys are, where is published and posted to, and how often is signed, in seconds."""

    keys: Path
    tlog: Path
    origin: str | None = None
    urls: tuple[str, ...] = ()
    silent_seconds: float = SILENT_SECONDS
    rest_seconds: float = REST_SECONDS
    opened: Opened | None = None
    """What is published for other users of the host to read, too."""
    policy: WitnessPolicy | None = None
    """Whose cosignatures a checkpoint must have; None where it needs none."""
    witness_allow: tuple[Network, ...] = ()


class Notary:
    """Signs what the log says; any number may run, where all have the same keys."""

    def __init__(self, database: Database, tail: Tail, how: Notarial) -> None:
        self._tail: Tail = tail
        self._how: Notarial = how
        self._keys: SigningKeys = SigningKeys(how.keys, how.origin)
        self._tree: Tree = Tree(database)
        self._checkpoints: Checkpoints = Checkpoints(database, self._tree)
        self._publisher: Publisher = Publisher(how.tlog, self._tree, how.opened)
        self._announcers: list[Announcer] = [Announcer(url) for url in how.urls]
        self._cosigning: Cosigning | None = (
            Cosigning(how.policy, self._tree, Witnesses(Log(database)), how.witness_allow) if how.policy else None
        )
        self._published: str | None = None
        self._unsigned: bool = True
        self._withheld: bool = False
        self._until_silent: float = how.silent_seconds
        """Seconds until the newest checkpoint is too old, though nothing happens."""

    async def run(self) -> None:
        """Follow the log for ever; an address that does not answer delays nothing."""
        posting = [asyncio.create_task(each.run()) for each in self._announcers]
        try:
            await self._follow()
        finally:
            for each in posting:
                each.cancel()

    async def _follow(self) -> None:
        while True:
            heard = self._tail.heard
            try:
                await self.step()
            except LOGGED as problem:
                self._unsigned = True
                # Nothing published is overwritten meanwhile, and no upgrade stands still for it.
                LOG.error("no checkpoint: %s", problem)  # noqa: TRY400  the sentence says all
                await asyncio.sleep(self._how.rest_seconds)
            rest = self._how.rest_seconds if self._unsigned else LOOK_SECONDS
            await self._tail.wait(min(rest, max(self._until_silent, self._how.rest_seconds)), since=heard)
            await asyncio.sleep(PAUSE_SECONDS)

    async def step(self) -> Signed | None:
        """Add what is new, sign where it is due, publish and post; return the checkpoint that was signed."""
        while await self._tree.step():
            pass
        last, size = await self._checkpoints.latest(), await self._tree.size()
        keys = self._keys.ensure()
        patience = self._how.rest_seconds if last and size > last.size else self._how.silent_seconds
        signed = await self._sign(keys) if last is None or last.age >= patience else None
        newest = signed or last
        self._unsigned = newest is None or size > newest.size
        self._until_silent = self._how.silent_seconds - (newest.age if newest else 0.0)
        if newest and newest.note != self._published:
            await self._publisher.publish(newest)
            self._published = newest.note
            for each in self._announcers:
                each.announce(newest.note)
        return signed

    async def _sign(self, keys: Sequence[PrivateKey]) -> Signed | None:
        """Sign the tree as it is now; None where too few witnesses cosign that: nothing but checkpoints waits."""
        signed = await self._checkpoints.sign(keys)
        if self._cosigning:
            note = await self._cosigning.collect(signed.note)
            if note is None:
                if not self._withheld:
                    LOG.error("no checkpoint: too few witnesses cosigned the tree of %s entries", signed.size)
                self._withheld = True
                return None
            self._withheld = False
            signed = Signed(note, signed.size, 0.0)
        await self._checkpoints.keep(signed)
        return signed
