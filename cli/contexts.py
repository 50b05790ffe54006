"""Contexts: the Astrolabes that a person has logged in to, in a file that nobody else reads."""

import os
import stat
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from typing_extensions import override

from astrolabe.cli.failure import CommandError
from astrolabe.store.settings import DEFAULT_URL, Settings
from astrolabe.store.whole_file import write

FILE: Final = Path("astrolabe") / "contexts.json"
MODE: Final = 0o600


class Context(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an Astrolabe is reached, and with which token."""

    url: str
    token: str

    @override
    def __repr__(self) -> str:
        return f"Context({self.url!r}, …)"  # a traceback shows no secret


class Contexts(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a person has logged in to, by name, and which of them commands ask."""

    current: str | None = None
    contexts: dict[str, Context] = {}

    @property
    def chosen(self) -> Context | None:
        """Return what commands ask; None where nobody has logged in."""
        return self.contexts.get(self.current or "")

    def adding(self, name: str, context: Context) -> "Contexts":
        """Return them with one more, which commands ask from here on."""
        return Contexts(name, {**self.contexts, name: context})

    def using(self, name: str) -> "Contexts":
        """Return them with another that commands ask; raises CommandError where there is no such."""
        if name not in self.contexts:
            known = f"there are {', '.join(sorted(self.contexts))}" if self.contexts else "astrolabe login makes one"
            raise CommandError(f"There is no context {name}; {known}.")
        return Contexts(name, self.contexts)

    def without(self, name: str) -> "Contexts":
        """Return them without one; raises CommandError where there is no such."""
        left = {each: context for each, context in self.using(name).contexts.items() if each != name}
        return Contexts(None if self.current == name else self.current, left)


def place(settings: Settings) -> Path:
    """Return the file that they are in."""
    return (settings.config_home or Path.home() / ".config") / FILE


def read_contexts(settings: Settings) -> Contexts:
    """Read the file; raises CommandError where others could read or change it too, or where it is no such file."""
    file = place(settings)
    try:
        found = file.stat()
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & ~MODE:
            raise CommandError(
                f"{file} holds tokens and is open to others: chown it to yourself, and chmod 600 {file}."
            )
        return msgspec.json.decode(file.read_bytes(), type=Contexts)
    except FileNotFoundError:
        return Contexts()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError:
        raise CommandError(f"{file} is damaged; remove it, and log in again.") from None


def write_contexts(settings: Settings, contexts: Contexts) -> None:
    """Write the file anew, for its owner alone."""
    file = place(settings)
    try:
        write(file, msgspec.json.format(msgspec.json.encode(contexts), indent=2) + b"\n", private=True)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from None


def reached(settings: Settings) -> Context:
    """Return whom to ask, and with which token: by the variables where either is set, else by what login kept."""
    if settings.url or settings.token:
        return Context(settings.url or DEFAULT_URL, settings.token)
    contexts = read_contexts(settings)
    if settings.context:
        contexts = contexts.using(settings.context)
    return contexts.chosen or Context(DEFAULT_URL, "")
