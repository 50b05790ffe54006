"""Secrets: resolved on the worker's host, from places that its operator opened for that."""

import contextlib
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.words import SecretRef
from astrolabe.workers.instance.failure import StepFailed

DEFAULT_FOLDER = Path("/run/secrets")
PREFIX = "ASTROLABE_SECRET_"


class Secrets:
    """Where secrets may come from: variables named ASTROLABE_SECRET_…, and files inside a few folders."""

    def __init__(self, folders: Sequence[Path], environment: Mapping[str, str] = os.environ) -> None:  # noqa: TID251  secrets are no settings
        self._folders: tuple[Path, ...] = tuple(folder.resolve() for folder in folders)
        self._environment: Mapping[str, str] = environment

    def resolve(self, reference: SecretRef) -> str:
        """Read a secret; raises StepFailed that names the reference, never the value."""
        scheme, _, place = reference.partition(":")
        value = self._variable(place, reference) if scheme == "env" else self._read(Path(place), reference)
        if not value:
            raise StepFailed(
                "secret-missing",
                f"The secret {reference} is not set on this host.",
                todo=f"Set {reference} for the worker on this host, then retry.",
            )
        return value

    def of(self, config: InstanceConfig) -> tuple[str, ...]:
        """Return the secrets of an instance, for redaction; one that cannot be resolved cannot be shown either."""
        database = config.database.password if config.database else None
        found: list[str] = []
        for reference in (*([database] if database else []), *config.secrets.values()):
            with contextlib.suppress(StepFailed):
                found.append(self.resolve(reference))
        return tuple(found)

    def _variable(self, name: str, reference: SecretRef) -> str | None:
        if not name.startswith(PREFIX):
            raise StepFailed(
                "secret-forbidden",
                f"The secret {reference} is not a variable that this worker reads secrets from ({PREFIX}…).",
                todo=f"Name the variable {PREFIX}…, then retry.",
            )
        return self._environment.get(name)

    def _read(self, path: Path, reference: SecretRef) -> str:
        real = path.resolve()
        if not any(real.is_relative_to(folder) for folder in self._folders):
            allowed = ", ".join(map(str, self._folders))
            raise StepFailed(
                "secret-forbidden",
                f"The secret {reference} lies outside the folders that this worker reads secrets from ({allowed}).",
                todo="Move the file there, or start the worker with --secrets FOLDER, then retry.",
            )
        try:
            return real.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""


def in_shell(reference: SecretRef) -> str:
    """Write a secret as a shell finds it, without saying it."""
    scheme, _, place = reference.partition(":")
    return f'"${place}"' if scheme == "env" else f'"$(cat {shlex.quote(place)})"'
