"""The witness: judges a checkpoint, keeps it, and cosigns it, one after the other."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from astrolabe.domain.audit.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from astrolabe.domain.audit.note import NoteError, PrivateKey, parse_note, write_note, write_signatures
from astrolabe.domain.audit.witnessing import MALFORMED, Logs, NotCosigned, authentic, check_follows
from astrolabe.store.audit.witnessed import Witnessed

LOG = logging.getLogger("astrolabe.witness")

TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"
COSIGNED: Final = 200


class Said(Struct, frozen=True):
    """What is answered."""

    status: int
    body: str
    media_type: str = TEXT


class Witness:
    """One witness's key, the logs that it knows, and what it cosigned of them."""

    def __init__(
        self,
        key: PrivateKey,
        logs: Logs,
        witnessed: Witnessed,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key: PrivateKey = key
        self._logs: Logs = logs
        self._witnessed: Witnessed = witnessed
        self._clock: Callable[[], float] = clock
        self._one_at_a_time: threading.Lock = threading.Lock()

    def add(self, body: bytes) -> Said:
        """Cosign a checkpoint that follows from the last one, and answer as C2SP tlog-witness says.

        Raises StoreError and OSError where what was cosigned cannot be known or kept; nothing is cosigned then.
        """
        try:
            asked = parse_add_checkpoint(body)
            return self._cosign(asked)
        except NoteError as error:
            return Said(MALFORMED, f"{error}\n")
        except NotCosigned as refusal:
            if refusal.size is not None:
                return Said(refusal.status, f"{refusal.size}\n", SIZE)
            return Said(refusal.status, f"{refusal}\n")

    def last(self, log: str) -> str | None:
        """Return the last checkpoint of a log that was cosigned, by the log's id."""
        return self._witnessed.last(log)

    def _cosign(self, asked: AddCheckpoint) -> Said:
        checkpoint = authentic(asked, self._logs)
        # From the look at the last one until the new one is kept nobody else may look.
        with self._one_at_a_time:
            last = self._witnessed.last_checkpoint(checkpoint.origin)
            try:
                check_follows(asked, checkpoint, last)
            except NotCosigned as refusal:
                if refusal.forked:
                    LOG.error("FORK of %s: %s", checkpoint.origin, refusal)  # noqa: TRY400  the sentence says all
                    self._witnessed.keep_fork(checkpoint.origin, asked.note)
                raise
            note = parse_note(asked.note)
            mine = self.key.state_time(note.text, int(self._clock()))
            self._witnessed.keep(checkpoint.origin, write_note(note.text, [*note.signatures, mine]))
        return Said(COSIGNED, write_signatures([mine]))
