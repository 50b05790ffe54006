"""Examples of an operation for the OpenAPI: as it was asked for, and as it ended."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from astrolabe.api.upgrades.operation import Operation, Result
from astrolabe.domain.upgrades.steps import FRESH, StepState

INSTANCE_ID = "019a3c1e-5b00-7c1d-8a4e-0f6f2b9d1c01"
UPGRADE_ID = "019a3c2f-8d40-7b52-9c6a-4e1d7a3f5b02"
ASKED_AT = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
ENDED_AT = ASKED_AT + timedelta(seconds=32)
_HERE = f"/upgrades/{UPGRADE_ID}"
_LINKS = {"self": _HERE, "events": f"{_HERE}/events", "instance": f"/instances/{INSTANCE_ID}"}
_SECONDS = (0, 3, 6, 24, 27, 32)
"""When the steps began, one after the other, and when the last of them ended, in seconds since it was asked for."""

ASKED = Operation(
    id=UPGRADE_ID,
    instance_id=INSTANCE_ID,
    attempt=1,
    from_version="5.6.0",
    target="6.10.1",
    to_version="6.10.1",
    status="requested",
    done=False,
    steps=FRESH,
    progress=None,
    error=None,
    commands=(),
    result=None,
    ticket=None,
    impact=None,
    emergency=False,
    approvals=None,
    review=None,
    actor="deploys",
    reason="security fix in 6.10",
    requested_at=ASKED_AT,
    updated_at=ASKED_AT,
    links={**_LINKS, "cancel": f"{_HERE}/cancel"},
)


def _ended(nth: int, state: StepState) -> StepState:
    began, ended = (ASKED_AT + timedelta(seconds=each) for each in _SECONDS[nth : nth + 2])
    return replace(state, status="done", began_at=began, ended_at=ended)


SUCCEEDED = replace(
    ASKED,
    status="succeeded",
    done=True,
    steps=tuple(_ended(nth, state) for nth, state in enumerate(FRESH)),
    result=Result("6.10.1", 3700, rollback_point=True),
    updated_at=ENDED_AT,
    links={**_LINKS, "rollback": f"{_HERE}/rollback"},
)
