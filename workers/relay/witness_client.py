"""Asking one witness to cosign a checkpoint (C2SP tlog-witness), within bounds of time and length."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import httpcore

from astrolabe.domain.audit.add_checkpoint import AddCheckpoint
from astrolabe.domain.audit.note import NoteError, PublicKey, Signature, SignedNote, parse_note
from astrolabe.domain.audit.witness_reports import WitnessFailure
from astrolabe.domain.audit.witnessing import OTHER_SIZE, UNPROVEN
from astrolabe.domain.webhooks.web_address import Forbidden, Network, WebAddress, parse_url
from astrolabe.store.resolving import resolve
from astrolabe.workers.connecting import Checked, Resolve, anyio_network, host_of, tls, url_of
from astrolabe.workers.relay.webhooks.sending import AGENT, printable

DEADLINE_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 4.0
LARGEST_ANSWER: Final = 1 << 16
ATTEMPTS: Final = 3
"""How often a witness may answer with another size: other relays may ask in between."""

COSIGNED: Final = 200
FAULTS: Final = 500
"""From here on a status says that the witness, not the log, has a problem."""

_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n")

Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""Proves that the log's tree of one size grew from that of another."""


class NoCosignature(Exception):  # noqa: N818  an answer, not a fault
    """A witness did not cosign; `why` is None where another relay was faster, and nothing is wrong."""

    def __init__(self, why: WitnessFailure | None, details: str) -> None:
        super().__init__(details)
        self.why: WitnessFailure | None = why


class WitnessClient:
    """One witness, and the size that it is known to have cosigned."""

    def __init__(
        self,
        key: PublicKey,
        url: str,
        allowed: tuple[Network, ...],
        *,
        network: httpcore.AsyncNetworkBackend | None = None,
        resolver: Resolve = resolve,
    ) -> None:
        """Ask at `url`, the witness's submission prefix; raises Forbidden where it is no address for that."""
        self.key: PublicKey = key
        self._address: WebAddress = parse_url(f"{url.rstrip('/')}/add-checkpoint")
        self._backend: Checked = Checked(
            self._address, allowed, network or anyio_network(), resolver, setting="witness_allow"
        )
        self._known: int = 0

    async def cosign(
        self, note: SignedNote, text: str, size: int, prove: Prove, grown: Callable[[], Awaitable[int]]
    ) -> Signature:
        """Return the witness's cosignature of a checkpoint of a size; raises NoCosignature.

        `text` is the note as it was signed; `grown` returns the size of the log's tree now.
        """
        for _ in range(ATTEMPTS):
            if self._known > size:
                await self._ahead(size, grown)
            proof = await prove(self._known, size) if 0 < self._known < size else ()
            status, said = await self._ask(AddCheckpoint(self._known, tuple(proof), text).body)
            if status == COSIGNED:
                found = self._read(note, said)
                self._known = size
                return found
            self._heard(status, said, size)
        raise NoCosignature("refused", "it answers each time with another size")

    async def _ahead(self, size: int, grown: Callable[[], Awaitable[int]]) -> None:
        known, self._known = self._known, 0
        if await grown() < known:
            raise NoCosignature("contradicted", f"it has cosigned a tree of {known} entries, and the log has {size}")
        raise NoCosignature(None, "another relay was faster")

    def _heard(self, status: int, said: bytes, size: int) -> None:
        text = printable(said.decode("utf-8", "replace"))
        other = _SIZE.fullmatch(said.decode("utf-8", "replace")) if status == OTHER_SIZE else None
        if other and int(other[1]) != self._known:
            self._known = int(other[1])
            return
        known, self._known = self._known, 0
        if other and known == size:
            raise NoCosignature("contradicted", f"it has cosigned another tree of {size} entries")
        if status == UNPROVEN:
            raise NoCosignature("contradicted", f"the tree of {known} entries that it has cosigned is not this log's")
        raise NoCosignature("silent" if status >= FAULTS else "refused", f"it answered {status}: {text}")

    def _read(self, note: SignedNote, said: bytes) -> Signature:
        try:
            # Behind the text that was sent, and nothing else: whatever the answer holds beside, it is about this.
            found = self.key.cosignatures(SignedNote(note.text, parse_note(f"-\n\n{said.decode()}").signatures))
        except (NoteError, UnicodeDecodeError) as error:
            raise NoCosignature("refused", f"what it answered is no cosignature: {error}") from None
        if not found:
            raise NoCosignature("refused", "it answered with another key's cosignature")
        return found[-1]

    async def _ask(self, body: bytes) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await self._post(body)
        except Forbidden as error:
            raise NoCosignature("refused", str(error)) from None
        except (TimeoutError, httpcore.TimeoutException):
            raise NoCosignature("silent", "no answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise NoCosignature("silent", printable(f"{type(error).__name__}: {error}")) from None

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        url = url_of(self._address)
        headers: dict[str | bytes, str | bytes] = {
            "Host": host_of(self._address),
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "User-Agent": AGENT,
            "Connection": "close",
        }
        patience = {"timeout": {"connect": CONNECT_SECONDS}}
        async with httpcore.AsyncHTTPConnection(
            url.origin, ssl_context=tls(), network_backend=self._backend
        ) as connection:
            request = httpcore.Request("POST", url, headers=headers, content=body, extensions=patience)
            answer = await connection.handle_async_request(request)
            said = b""
            async for chunk in answer.aiter_stream():
                said += chunk
                if len(said) > LARGEST_ANSWER:
                    raise NoCosignature("refused", f"its answer has more than {LARGEST_ANSWER} bytes")
        return answer.status, said
