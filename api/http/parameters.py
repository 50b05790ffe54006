"""Parameters: what a caller may add to a path or a header, and how moments are read."""

import re
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from msgspec import Struct

from astrolabe.api.http.bodies import metas_of
from astrolabe.api.http.problems import ApiProblem, FieldError
from astrolabe.domain import words
from astrolabe.domain.words import LabelSelector
from astrolabe.store.views.queries import Needs

LARGEST_POSITION = 2**63 - 1
LARGEST_VERSION = 2**31 - 1

_Uuid = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$(?!\n)"
_NAME = re.compile(next(meta.pattern for meta in metas_of(words.Name) if meta.pattern))
_UUID = re.compile(_Uuid)

InstanceRef: TypeAlias = Annotated[str, PathParameter(description="An instance's id or name.")]
UpgradeId: TypeAlias = Annotated[str, PathParameter(description="An upgrade's id.")]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1000, description="How many items a page has at most.")]
At: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        description="As it stood at this position of the log, or at this time (RFC 3339, such as 2026-01-31T12:00:00Z)."
    ),
]
Product: TypeAlias = Annotated[
    str | None, QueryParameter(max_length=100, description="Only of this product, by its name.")
]
HostRef: TypeAlias = Annotated[str | None, QueryParameter(max_length=200, description="Only on this host.")]
NeedsRef: TypeAlias = Annotated[
    Needs | None,
    QueryParameter(
        description=(
            "Only what waits for a person: an `approval`, or `repair` of what is inconsistent, unwell, not adopted,"
            " runs another version than the log says,"
            " or cannot be looked at."
        )
    ),
]
LabelRef: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=metas_of(LabelSelector)[0].pattern,
        description="Only of instances with these labels, such as team=payments, or team=payments,stage=live.",
    ),
]
AfterVersion: TypeAlias = Annotated[
    int, QueryParameter(ge=0, le=LARGEST_VERSION, description="Only events after this version of the stream.")
]
AfterId: TypeAlias = Annotated[
    str | None, QueryParameter(pattern=_Uuid, description="The id that the last page ended with.")
]
IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The ETag that the decision rests on; where it is another by now, the answer is 412.",
    ),
]
IfNoneMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="If-None-Match",
        description="An ETag as it was given; where it is still the same, the answer is 304, without a body.",
    ),
]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="1 to 128 printable characters; whoever repeats them with the request gets the first one's answer.",
    ),
]
LastEventId: TypeAlias = Annotated[
    int,
    HeaderParameter(
        name="Last-Event-ID", ge=-1, le=LARGEST_POSITION, description="Stream only events after this `cursor`."
    ),
]


class AsOf(Struct, frozen=True):
    """A moment in the log's past: a position, or a time; both None for now."""

    position: int | None = None
    time: datetime | None = None

    @property
    def is_now(self) -> bool:
        """Return whether nothing of the past is asked for."""
        return self.position is None and self.time is None


def as_of(at: str | None) -> AsOf:
    """Read `?at=`; raises ApiProblem where it is neither a position nor a time."""
    if at is None:
        return AsOf()
    try:
        if at.isascii() and at.isdigit():
            return AsOf(position=msgspec.convert(int(at[:20]), Annotated[int, msgspec.Meta(le=LARGEST_POSITION)]))
        time = msgspec.convert(at, Annotated[datetime, msgspec.Meta(tz=True)])
        return AsOf(time=time.astimezone(UTC))
    except (msgspec.ValidationError, OverflowError):
        message = "must be a position such as 1250, or a time with its zone such as 2026-01-31T12:00:00Z (a + is %2B)"
        error = FieldError("at", message)
        raise ApiProblem("parameter-invalid", f"at {message}.", errors=(error,)) from None


def is_uuid(text: str) -> bool:
    """Return whether a text has the form of an id."""
    return _UUID.match(text) is not None


def is_name(ref: str) -> bool:
    """Return whether a reference is a name: it begins with a letter, and a UUIDv7 with a digit until the year 5577."""
    return _NAME.match(ref) is not None
