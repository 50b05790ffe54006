"""A command for a person who brings an instance up by hand."""

from msgspec import Struct

from astrolabe.domain.problem import Line


class HandCommand(Struct, frozen=True):
    """A command for a person, as a shell takes it; a secret in it is named, never carried."""

    does: Line
    """What it does, in words."""
    line: Line
    """What to type on the instance's host, as the user that the worker runs as."""
