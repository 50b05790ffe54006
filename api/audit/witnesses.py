"""The route of the witnesses: who cosigned the last checkpoint, and who does not, and why."""

from datetime import UTC, datetime

from msgspec import Struct

from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import get
from astrolabe.domain.audit.checkpoint import read_checkpoint
from astrolabe.domain.audit.note import SignedNote, is_cosignature, parse_note, time_of
from astrolabe.domain.audit.witness_reports import WitnessFailure

LAST_SECOND = 253_402_300_799
"""The end of the year 9999; a cosigner may state anything."""


class WitnessView(Struct, frozen=True):
    """One witness, as this log knows it."""

    witness: str
    """The name of the witness's key."""
    cosigned_at: datetime | None = None
    """When it cosigned the last checkpoint, as it states; null where it did not."""
    why: WitnessFailure | None = None
    """Why it does not cosign now: silent, refused or contradicted; null where it does."""
    details: str | None = None
    """What it answered, or what came of asking it; null where it cosigns."""


class WitnessList(Struct, frozen=True):
    """The witnesses of the last checkpoint, and those that fail."""

    items: tuple[WitnessView, ...]
    """The witnesses, by name."""


@get("/audit/witnesses", summary="List the witnesses of the log", tag="audit", scope="read")
async def list_witnesses(request: AuthenticatedRequest) -> WitnessList:
    """List who cosigned the last checkpoint, and who does not cosign, and why."""
    resources = resources_of(request)
    last, failing = await resources.checkpoints.latest(), (await resources.witnesses.current()).failing
    cosigned = _cosigned(parse_note(last.note)) if last else {}
    return WitnessList(
        tuple(
            WitnessView(
                name,
                cosigned.get(name),
                failing[name].why if name in failing else None,
                failing[name].details if name in failing else None,
            )
            for name in sorted({*cosigned, *failing})
        )
    )


def _cosigned(note: SignedNote) -> dict[str, datetime]:
    origin = read_checkpoint(note).origin
    return {
        each.name: datetime.fromtimestamp(min(time_of(each), LAST_SECOND), UTC)
        for each in note.signatures
        if each.name != origin and is_cosignature(each)
    }


ROUTES = (list_witnesses,)
