"""Settings that look like secrets: their values belong into files, never into the log."""

import re
from typing import Final

_NAMED: Final = re.compile(r"key|secret|token|passw|credential", re.IGNORECASE)
_WITHIN: Final = re.compile(r"\w+://[^/\s:@]*:[^/\s@]+@")
"""A URL with a password in it."""


def looks_secret(name: str, value: str = "") -> bool:
    """Return whether the name of a setting or an option, or its value, looks like that of a secret."""
    return bool(_NAMED.search(name) or _WITHIN.search(value))
