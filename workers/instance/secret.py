"""Secrets: resolved on the worker's host, from places that its owner opened for the instance that asks."""

import contextlib
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from astrolabe.domain.instances.destination import Destination, of_password, of_settings
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.words import Name, SecretRef
from astrolabe.store.settings import variable
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.grants import Grant

DEFAULT_FOLDER = Path("/run/secrets")
PREFIX = "ASTROLABE_SECRET_"


class Secrets:
    """Where secrets may come from, and whose they are.

    They are variables named ASTROLABE_SECRET_…, and files inside a few folders. A file in a folder there that has the
    instance's name is the instance's; all else is granted, and so is every use on another host.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        grants: Sequence[Grant] = (),
        environment: Mapping[str, str] = os.environ,  # noqa: TID251  secrets are no settings
    ) -> None:
        self._folders: tuple[Path, ...] = tuple(folder.resolve() for folder in folders)
        self._grants: tuple[Grant, ...] = tuple(grants)
        self._environment: Mapping[str, str] = environment

    def password(self, config: InstanceConfig) -> str | None:
        """Return the password of an instance's database, None where it needs none; raises StepFailed."""
        reference = config.database.password if config.database else None
        return self._resolve(config.name, reference, of_password(config)) if reference else None

    def settings(self, config: InstanceConfig) -> dict[str, str]:
        """Return the secret settings of an instance by name; raises StepFailed."""
        there = of_settings(config)
        return {name: self._resolve(config.name, reference, there) for name, reference in config.secrets.items()}

    def of(self, config: InstanceConfig) -> tuple[str, ...]:
        """Return the secrets of an instance, for redaction; one that cannot be resolved cannot be shown either."""
        found: list[str] = []
        with contextlib.suppress(StepFailed):
            found += filter(None, [self.password(config)])
        for reference in config.secrets.values():
            with contextlib.suppress(StepFailed):
                found.append(self._resolve(config.name, reference, of_settings(config)))
        return tuple(found)

    def _resolve(self, instance: Name, reference: SecretRef, there: Iterable[Destination]) -> str:
        """Read a secret; raises StepFailed that names the reference, never the value."""
        scheme, _, place = reference.partition(":")
        path = None if scheme == "env" else self._opened(Path(place), reference)
        self._refuse_others(instance, reference, path)
        self._refuse_elsewhere(instance, reference, there)
        value = self._variable(place, reference) if path is None else _read(path)
        if not value:
            raise StepFailed(
                "secret-missing",
                f"The secret {reference} is not on this host, or the worker cannot read it, or it is empty.",
                todo=f"{_provide(reference)}, then retry.",
            )
        return value

    def _refuse_others(self, instance: Name, reference: SecretRef, path: Path | None) -> None:
        own = path is not None and any(path.is_relative_to(folder / instance) for folder in self._folders)
        if not own and not any(grant.names(instance, reference) for grant in self._grants):
            move = "" if path is None else f"Move the file into a folder named {instance} there. Or: "
            raise StepFailed(
                "secret-forbidden",
                f"The owner of this host has not let {instance} use the secret {reference}.",
                todo=move + _granting(f"{instance}={reference}"),
            )

    def _refuse_elsewhere(self, instance: Name, reference: SecretRef, there: Iterable[Destination]) -> None:
        granted = [grant for grant in self._grants if grant.names(instance, reference)]
        for each in there:
            if not each.is_here and not any(grant.reaches(each) for grant in granted):
                raise StepFailed(
                    "secret-forbidden",
                    f"The owner of this host has not let the secret {reference} of {instance} be given to {each}.",
                    todo="See that the instance names the right server. " + _granting(f"{instance}={reference}@{each}"),
                )

    def _variable(self, name: str, reference: SecretRef) -> str | None:
        if not name.startswith(PREFIX):
            raise StepFailed(
                "secret-forbidden",
                f"The secret {reference} is not a variable that this worker reads secrets from ({PREFIX}…).",
                todo=f"Name the variable {PREFIX}…, then retry.",
            )
        return self._environment.get(name)

    def _opened(self, path: Path, reference: SecretRef) -> Path:
        """Return where a file really lies; raises StepFailed outside the folders of secrets."""
        real = path.resolve()
        if not any(real.is_relative_to(folder) for folder in self._folders):
            allowed = ", ".join(map(str, self._folders))
            raise StepFailed(
                "secret-forbidden",
                f"The secret {reference} lies outside the folders that this worker reads secrets from ({allowed}).",
                todo="Move the file there, or start the worker with --secrets FOLDER, then retry.",
            )
        return real


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _provide(reference: SecretRef) -> str:
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        return f"Set {place} for the worker on this host, and start that again"
    return f"Write the secret into {place} on this host, readable by the worker"


def _granting(grant: str) -> str:
    return f"Add {grant} to {variable('grants')} of the worker on this host, start it again, then retry."


def in_shell(reference: SecretRef) -> str:
    """Write a secret as a shell finds it, without saying it."""
    scheme, _, place = reference.partition(":")
    return f'"${place}"' if scheme == "env" else f'"$(cat {shlex.quote(place)})"'
