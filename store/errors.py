"""What the store may refuse."""


class StoreError(Exception):
    """The store could not do what was asked; nothing was recorded."""


class Conflict(StoreError):  # noqa: N818  the field's word
    """The stream is not at the expected version: somebody else appended first."""


class WrongVersion(StoreError):  # noqa: N818  an answer, not a fault
    """The caller expected another version of what is to be changed."""

    def __init__(self, noun: str, version: int) -> None:
        super().__init__(f"the {noun} is at version {version}")
        self.noun: str = noun
        self.version: int = version


class StaleFence(StoreError):  # noqa: N818  the field's word
    """The lease was taken over; whoever holds this fence may not act any more."""


class IdentityTaken(StoreError):  # noqa: N818  a fact, not a fault
    """Another stream acts on the same things, and no two may."""

    def __init__(self, stream_id: str, things: tuple[str, ...]) -> None:
        super().__init__(f"{', '.join(things)}: acted on by {stream_id}")
        self.stream_id: str = stream_id
        self.things: tuple[str, ...] = things


class NewerLog(StoreError):  # noqa: N818  a fact, not a fault
    """A newer Astrolabe has set the log up, or written to it; this one would not understand it."""

    def __init__(self, has: str) -> None:
        super().__init__(f"A newer Astrolabe has {has}. Run that version, or a newer one.")


class AlreadyClaimed(StoreError):  # noqa: N818  a fact, not a fault
    """A command id was claimed before; its stored answer is the answer."""
