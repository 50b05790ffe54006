"""The user that a process runs as, as the kernel knows it."""

from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[int, Meta(ge=0, le=(1 << 32) - 2)]


class ProcessUser(Struct, frozen=True):
    """A user's name and ids, and what files are kept from others that it makes."""

    name: str
    """What this host calls the user; the number where it has no name."""
    uid: Id
    """The user's id."""
    gid: Id
    """The id of the group."""
    groups: tuple[Id, ...] = ()
    """The ids of all other groups."""
    umask: Annotated[int, Meta(ge=0, le=0o777)] | None = None
    """The permissions that new files do not get; null where that is left as it is."""
