"""Encodings: the ways in which a secret is written where somebody else writes it."""

import base64
import json
import re
import shlex
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST_BASE64: Final = 8
"""Characters that must be left of a secret in the middle of base64; fewer stand in it by chance."""

_HEX: Final = re.compile(r"%[0-9A-F]{2}")


def ways(secret: str) -> set[str]:
    """Return a secret as written, and as JSON, URLs, shells and base64 have it."""
    plain = {secret, shlex.quote(secret).strip("'")}
    escaped = {way for each in plain for way in _in_json(each)}
    return {*plain, *escaped, *_in_urls(secret), *_in_base64(secret.encode())} - {""}


def _in_json(text: str) -> Iterator[str]:
    """Write it as JSON, and as JSON within JSON; a slash may be escaped or not."""
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        twice = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        yield from (once, once.replace("/", "\\/"), twice, twice.replace("/", "\\/"), twice.replace("/", "\\\\/"))


def _in_urls(text: str) -> Iterator[str]:
    """Percent-encode it, in letters of either case, and once more."""
    for once in (quote(text, safe=""), quote(text), quote(text, safe="!~*'()"), quote_plus(text)):
        yield from (once, _HEX.sub(lambda found: found[0].lower(), once), quote(once, safe=""))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Encode it wherever it may begin in what is encoded, without the characters that its neighbours have a part in."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        whole = (before + len(secret)) * 8 // 6
        middle = encoded[-(-before * 8 // 6) : whole]
        if len(middle) >= SHORTEST_BASE64:
            yield from (middle, middle.translate(str.maketrans("+/", "-_")), middle.replace("/", "\\/"))
