"""Kept variables: what a gateway was started with beside its registration, taken from its process, kept on its host."""

from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from astrolabe.store import whole_file

FILE = "environment.json"
SHORTEST_SECRET = 6
"""How many characters a secret has at least; to take `true` or a port out of every text would make them unreadable."""


class KeptVariables:
    """The values that an instance's owner lets its host keep; no event ever holds one."""

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        self._file: Path = folder / FILE
        self._names: Collection[str] = names

    def read(self) -> dict[str, str]:
        """Return the values by name; one that was never seen in a process is not there."""
        if not self._names:
            return {}
        try:
            known = msgspec.json.decode(self._file.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}
        return {name: value for name, value in known.items() if name in self._names}

    def take(self, environment: Mapping[str, str]) -> None:
        """Take the values that a process runs with; what it runs without stays as it was taken before."""
        known = self.read()
        taken = known | {name: environment[name] for name in self._names if name in environment}
        if taken != known:
            whole_file.write(self._file, msgspec.json.encode(taken), lasting=True, private=True)

    def secrets(self) -> tuple[str, ...]:
        """Return the values that no event and no log line may show."""
        return tuple(value for value in self.read().values() if len(value) >= SHORTEST_SECRET)
