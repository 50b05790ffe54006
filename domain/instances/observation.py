"""An observation: what a worker saw of an instance that nothing is being done to, or why it could see nothing."""

from msgspec import Struct

from astrolabe.domain.words import Moment, Version


class Observation(Struct, frozen=True):
    """Which version runs, None where the product does not run at all, in words as well; and since when that is so."""

    version: Version | None
    seen: str
    since: Moment


class Unobserved(Struct, frozen=True):
    """Why no worker can look at an instance, and since when that is so."""

    why: str
    since: Moment
