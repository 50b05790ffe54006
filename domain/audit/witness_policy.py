"""The policy of witnesses: who they are, and whose cosignatures together suffice (C2SP tlog-policy)."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from astrolabe.domain.audit.note import NoteError, PublicKey, SignedNote, parse_cosigner_key, parse_public_key

NONE = "none"
MOST_LINES = 1000
_SPACE = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,5}")


class PolicyError(Exception):
    """A policy is not what it should be; the message says which line is not, and why."""


class TooFewWitnesses(NoteError):  # noqa: N818  what is so, not a fault
    """A checkpoint does not have the cosignatures that a policy asks for."""


class PolicyWitness(Struct, frozen=True):
    """One witness: its name in the policy, its key, and the address that it is asked at, where one is given."""

    name: str
    key: PublicKey
    url: str | None = None


class Group(Struct, frozen=True):
    """Members of whom so many must have cosigned; a member is a witness or another group."""

    least: int
    members: tuple[str, ...]


class WitnessPolicy(Struct, frozen=True):
    """Logs and witnesses, and the name of the witness or group that must have cosigned."""

    logs: tuple[PublicKey, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: Mapping[str, Group]
    quorum: str

    def suffices(self, cosigned: Mapping[str, int]) -> bool:
        """Return whether those witnesses, by their names here, are enough."""
        return self.quorum == NONE or self._has(self.quorum, cosigned)

    def seen_by(self, note: SignedNote) -> dict[str, int]:
        """Return when each witness cosigned a note, in seconds since 1970; raises NoteError for a false line."""
        times = {each.name: each.key.stated_time(note) for each in self.witnesses}
        return {name: time for name, time in times.items() if time is not None}

    def require(self, note: SignedNote) -> dict[str, int]:
        """Return what `seen_by` does; raises TooFewWitnesses where these are not enough."""
        seen = self.seen_by(note)
        if not self.suffices(seen):
            missing = ", ".join(each.name for each in self.witnesses if each.name not in seen)
            saw = ", ".join(seen) or "nobody"
            raise TooFewWitnesses(f"cosigned by {saw}, not by {missing}: that does not make up {self.quorum}")
        return seen

    def _has(self, name: str, cosigned: Mapping[str, int]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._has(each, cosigned) for each in group.members) >= group.least


NO_WITNESSES = WitnessPolicy((), (), {}, NONE)
"""The policy of whoever asks for no cosignatures."""


def parse_policy(text: str) -> WitnessPolicy:
    """Read a policy's file; raises PolicyError."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES or any(char < " " and char not in "\t\n" for char in text):
        raise PolicyError(f"a policy has at most {MOST_LINES} lines, and no control characters")
    reading = _Reading()
    for number, line in enumerate(lines, 1):
        words = [word for word in _SPACE.split(line) if word]
        if words and not words[0].startswith("#"):
            try:
                reading.take(words)
            except (PolicyError, NoteError) as error:
                raise PolicyError(f"line {number}: {error}") from None
    return reading.end()


class _Reading:
    """A policy as far as it was read."""

    def __init__(self) -> None:
        self._logs: list[PublicKey] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: dict[str, Group] = {}
        self._names: set[str] = set()
        self._members: set[str] = set()
        self._quorum: str | None = None

    def take(self, words: Sequence[str]) -> None:
        """Take a line; raises PolicyError and NoteError."""
        takes: dict[str, Callable[[Sequence[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._take_quorum,
        }
        if words[0] not in takes:
            raise PolicyError(f"{words[0]!r} is none of log, witness, group and quorum")
        takes[words[0]](words[1:])

    def end(self) -> WitnessPolicy:
        """Return what was read; raises PolicyError where no quorum was named."""
        if self._quorum is None:
            raise PolicyError("there must be a line `quorum NAME`, or `quorum none`")
        return WitnessPolicy(tuple(self._logs), tuple(self._witnesses), self._groups, self._quorum)

    def _log(self, words: Sequence[str]) -> None:
        key = parse_public_key(_between(words, 1, 2, "log KEY [URL]")[0])
        if any(each.raw == key.raw for each in self._logs):
            raise PolicyError("this log's key stands twice")
        self._logs.append(key)

    def _witness(self, words: Sequence[str]) -> None:
        name, text, *url = _between(words, 2, 3, "witness NAME KEY [URL]")
        key = parse_cosigner_key(text)
        if any(each.key.raw == key.raw for each in self._witnesses):
            raise PolicyError("this witness's key stands twice")
        self._define(name)
        self._witnesses.append(PolicyWitness(name, key, url[0] if url else None))

    def _group(self, words: Sequence[str]) -> None:
        name, least, *members = _between(words, 3, MOST_LINES, "group NAME any|all|NUMBER MEMBER…")
        for member in members:
            if member not in self._names or member in self._members:
                raise PolicyError(f"the member {member} must be defined above, and be in one group alone")
            self._members.add(member)
        count = {"any": "1", "all": str(len(members))}.get(least, least)
        if not _COUNT.fullmatch(count) or int(count) > len(members):
            raise PolicyError(f"{least!r} is neither any, all, nor a number from 1 to {len(members)}")
        self._define(name)
        self._groups[name] = Group(int(count), tuple(members))

    def _take_quorum(self, words: Sequence[str]) -> None:
        (name,) = _between(words, 1, 1, "quorum NAME")
        if self._quorum is not None or name not in {*self._names, NONE}:
            raise PolicyError("there is one quorum, and it is none, or what is defined above")
        self._quorum = name

    def _define(self, name: str) -> None:
        if name in self._names or name == NONE:
            raise PolicyError(f"the name {name} is taken")
        self._names.add(name)


def _between(words: Sequence[str], least: int, most: int, form: str) -> Sequence[str]:
    if not least <= len(words) <= most:
        raise PolicyError(f"the line must be `{form}`")
    return words
