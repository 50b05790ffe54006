"""How a product writes its versions: in tags, in labels and in answers, where that is not major.minor.patch."""

import re
from functools import lru_cache
from typing import Final

import msgspec

from astrolabe.domain.products.version_order import order
from astrolabe.domain.words import Version

_PLACEHOLDER: Final = re.compile(r"\{(version|major|minor|patch)(:02)?\}")
_LETTER: Final = re.compile(r"^v(?=[0-9])")


def written(form: str, version: Version) -> str:
    """Write a version in a form, with {version} in it or {major}, {minor} and {patch}; {minor:02} is two digits."""
    parts = order(version)
    return form.format(version=version, major=parts.major, minor=parts.minor, patch=parts.patch)


def read_version(form: str, text: str) -> Version | None:
    """Return the version that a text is in a form; None where it is none, as `latest` is. A number left out is 0."""
    if (found := _expression(form).fullmatch(text)) is None:
        return None
    said = found.groupdict()
    version = said.get("version") or ".".join(str(int(said.get(part) or 0)) for part in ("major", "minor", "patch"))
    return version if is_version(version) and written(form, version) == text else None


def said_version(form: str, said: str) -> str:
    """Return the version that a product says of itself: in the form of its tags, exact, or with a v before it.

    What is no version is returned as it was said.
    """
    said = said.strip()
    bare = _LETTER.sub("", said)
    return read_version(form, said) or (bare if is_version(bare) else said)


def is_version(text: str) -> bool:
    """Return whether a text is an exact version."""
    try:
        msgspec.convert(text, Version)
    except msgspec.ValidationError:
        return False
    return True


@lru_cache(256)
def _expression(form: str) -> re.Pattern[str]:
    literal = _PLACEHOLDER.split(form)[::3]
    groups = [f"(?P<{each[1]}>{'.+' if each[1] == 'version' else '[0-9]+'})" for each in _PLACEHOLDER.finditer(form)]
    return re.compile("".join(re.escape(text) + group for text, group in zip(literal, [*groups, ""], strict=True)))
