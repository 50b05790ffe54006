"""Redaction knows a secret however somebody else wrote it."""

import base64
import json
import re
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest

from astrolabe.workers.programs.output import REDACTED, Redactor

SECRETS = [
    "a-token/to look+for?&=",
    'quo"ted\\back/slash',
    "it's $HOME",
    "schlüssel/größe-ß",
    "simple-password",
    "x" * 8,
]


def basic(secret: str) -> str:
    """Write it as the header of a login."""
    return base64.b64encode(f"ada:{secret}".encode()).decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False),
    "JSON in JSON": lambda secret: json.dumps(json.dumps({"key": secret})),
    "JSON with slashes": lambda secret: json.dumps(secret).replace("/", "\\/"),
    "URL": lambda secret: f"postgresql://ada:{quote(secret, safe='')}@host/db",
    "path of a URL": quote,
    "URL in small letters": lambda secret: re.sub("%..", lambda hexes: hexes[0].lower(), quote(secret, safe="")),
    "form": lambda secret: urlencode({"key": secret}),
    "plus": quote_plus,
    "URL in a URL": lambda secret: quote(quote(secret, safe=""), safe=""),
    "shell": shlex.quote,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 of a URL": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "login": basic,
    "after one": lambda secret: base64.b64encode(b"x" + secret.encode() + b"yz").decode(),
    "after two": lambda secret: base64.b64encode(b"xx" + secret.encode() + b"y").decode(),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_secret_is_found_however_it_is_written(written: str, secret: str) -> None:
    """Nothing of it that could be read is left."""
    said = f"before {WRITTEN[written](secret)} after"
    left = Redactor([secret])(said)
    assert REDACTED in left
    assert left.startswith("before ")
    assert left.endswith(" after")
    assert secret not in left
    if "base64" in written or written == "login":
        assert len(left) < len(said) - len(secret) + len(REDACTED)


def test_what_is_no_secret_stays() -> None:
    """Also where a secret is short: its base64 would be anywhere."""
    text = "An error in line 7 of YWJj: {'a': 'b/c'} %2F"
    assert Redactor(["abc", "", "  "])(text) == text


def test_a_secret_of_several_lines_is_found_in_one() -> None:
    """A key in a file is one line where JSON carries it."""
    key = "-----BEGIN-----\nabcdefgh\nijklmnop\n-----END-----"
    redact = Redactor([key])
    assert "abcdefgh" not in redact(json.dumps({"key": key}))
    assert redact("abcdefgh") == REDACTED
