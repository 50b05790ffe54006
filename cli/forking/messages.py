"""What `astrolabe up` and its fork server say to each other."""

from typing import TypeAlias

import msgspec
from msgspec import Struct


class Start(Struct, frozen=True, tag=True):
    """Run an astrolabe command in a process of its own, its output appended to `log`."""

    words: tuple[str, ...]
    environment: dict[str, str]
    log: str


class Send(Struct, frozen=True, tag=True):
    """Send a signal to a process, or to the group that it leads, unless it has ended."""

    pid: int
    signal: int
    group: bool


class Started(Struct, frozen=True, tag=True):
    """The process that was asked for last runs."""

    pid: int


class Failed(Struct, frozen=True, tag=True):
    """The process that was asked for last could not be made."""

    why: str


class Ended(Struct, frozen=True, tag=True):
    """A process has ended, with a code that is negative where a signal ended it."""

    pid: int
    code: int


Request: TypeAlias = Start | Send
Answer: TypeAlias = Started | Failed | Ended

encode = msgspec.msgpack.encode
requests = msgspec.msgpack.Decoder[Request](Request)
answers = msgspec.msgpack.Decoder[Answer](Answer)
