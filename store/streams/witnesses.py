"""The witnesses that do not cosign, folded from the one stream they are recorded in."""

from astrolabe.domain.audit.witness_reports import WITNESS_DECIDER, WitnessCommand, WitnessEvent, WitnessReports
from astrolabe.domain.streams import WITNESSES_STREAM
from astrolabe.store.log.log import Log
from astrolabe.store.streams.stream import OneStream, Streams


class Witnesses(OneStream[WitnessCommand, WitnessReports, WitnessEvent]):
    """What was reported of the witnesses."""

    def __init__(self, log: Log) -> None:
        super().__init__(Streams(log, WITNESS_DECIDER, "witness"), WITNESSES_STREAM)
