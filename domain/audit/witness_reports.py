"""Witness reports: which witness does not cosign, and why, a stream of its own."""

from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.decider import Decider

WitnessFailure: TypeAlias = Literal["silent", "refused", "contradicted"]
"""Why a witness does not cosign: it does not answer, it wants nothing of this log, or it has seen another history."""


class WitnessFailed(Struct, frozen=True, tag="witness_failed"):
    """A witness does not cosign this log's checkpoints."""

    witness: str
    """The name of the witness's key."""
    why: WitnessFailure
    """Silent: it does not answer. Refused: it wants nothing of this log. Contradicted: it has seen another history."""
    size: int
    """The size of the checkpoint that it was asked to cosign."""
    details: str
    """What it answered, or what came of asking it."""


class WitnessRecovered(Struct, frozen=True, tag="witness_recovered"):
    """A witness that did not cosign does again."""

    witness: str
    """The name of the witness's key."""
    size: int
    """The size of the checkpoint that it cosigned."""


WitnessEvent: TypeAlias = WitnessFailed | WitnessRecovered


class WitnessReports(Struct, frozen=True):
    """The witnesses that do not cosign now, by the names of their keys."""

    failing: dict[str, WitnessFailed] = {}


class ReportFailure(Struct, frozen=True):
    """Say that a witness does not cosign."""

    failed: WitnessFailed


class ReportCosigned(Struct, frozen=True):
    """Say that a witness cosigned a checkpoint of a size."""

    witness: str
    size: int


WitnessCommand: TypeAlias = ReportFailure | ReportCosigned


def decide(command: WitnessCommand, reports: WitnessReports) -> tuple[WitnessEvent, ...]:
    """Decide what is new: each failure is one event until it is another or over, however often it was tried."""
    match command:
        case ReportFailure(failed):
            known = reports.failing.get(failed.witness)
            return () if known and known.why == failed.why else (failed,)
        case ReportCosigned(witness, size):
            return (WitnessRecovered(witness, size),) if witness in reports.failing else ()


def evolve(reports: WitnessReports, event: WitnessEvent) -> WitnessReports:
    """Fold one event into the witnesses that fail."""
    others = {name: each for name, each in reports.failing.items() if name != event.witness}
    return replace(reports, failing=others | ({event.witness: event} if isinstance(event, WitnessFailed) else {}))


WITNESS_DECIDER: Final[Decider[WitnessCommand, WitnessReports, WitnessEvent]] = Decider(
    WitnessReports(), decide, evolve
)
