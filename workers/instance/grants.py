"""Grants: which instances may use which secrets, and where each may be given to, as the owner of this host says."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Self

from msgspec import Struct

from astrolabe.domain.instances.destination import Destination
from astrolabe.domain.words import SecretRef
from astrolabe.store.settings import SettingsError, variable

_PLACE = r"(?:@(\[[0-9A-Fa-f:.*]+\]|[^@:\[\]]+)(?::([0-9]{1,5}))?)?"
_GRANT = re.compile(r"([a-z0-9*?-]+)=((?:env|file):[A-Za-z0-9_./*?-]+|\*)" + _PLACE)


class Grant(Struct, frozen=True):
    """One line of the owner's: instances may use secrets, here or at one destination; all but the port are globs."""

    instances: str
    secrets: str
    host: str | None = None
    """Where the secret may be given to besides this host; None where it stays here."""
    port: int | None = None
    """The port there; None for any."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read INSTANCE=REFERENCE or INSTANCE=REFERENCE@HOST[:PORT]; raises SettingsError."""
        found = _GRANT.fullmatch(text)
        if found is None:
            form = "flags=file:/run/secrets/db, with @db.internal:5432 after it for a database elsewhere"
            raise SettingsError(f"{variable('grants')}: {text} is no grant; write {form}.")
        host = found[3].strip("[]").lower() if found[3] else None
        return cls(found[1], found[2], host, int(found[4]) if found[4] else None)

    def names(self, instance: str, secret: SecretRef) -> bool:
        """Return whether it is about an instance and a secret."""
        return fnmatchcase(instance, self.instances) and fnmatchcase(secret, self.secrets)

    def reaches(self, there: Destination) -> bool:
        """Return whether a secret may be given to a destination elsewhere."""
        if self.host is None or not fnmatchcase(there.host, self.host):
            return False
        return self.port is None or self.port == there.port


def read_grants(texts: Iterable[str]) -> tuple[Grant, ...]:
    """Read all grants of a host; raises SettingsError."""
    return tuple(map(Grant.read, texts))
