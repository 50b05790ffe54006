"""The next `docker compose up` of a project's owner: what their own files make of a service that was upgraded."""

import re
from typing import Final

from astrolabe.domain.kinds.image_name import without_tag
from astrolabe.domain.kinds.image_parts import tagged
from astrolabe.domain.products.product import Image
from astrolabe.domain.products.version_form import read_version

VALUE: Final = r"(?::?[-?+][^{}]*)?"
"""What a variable of Compose's may say beside its name: a default, an error, another value."""

TAG_VARIABLE: Final = re.compile(rf":\$(?:\{{(\w+){VALUE}\}}|(\w+))$")
IMAGE_VARIABLE: Final = re.compile(rf"^\$(?:\{{(\w+){VALUE}\}}|(\w+))$")
"""A tag, or a whole image's name, that is a variable of the project's."""


def at_next_up(service: str, written: str, filled: str, part: Image, version: str) -> str | None:
    """Say what `docker compose up` makes of a service after an upgrade, and what to write; None where that is the same.

    `written` is the image's name as it stands in the file, `filled` as Compose reads it, `part` the product's image.
    """
    _, tag = without_tag(filled)
    named = read_version(part.tag, tag)
    if named == version:
        return None
    leads = f"which is {named}" if named else "whatever that is by then"
    return f"`docker compose up` makes {service} of {filled}, {leads}: write {line_for(written, part, version)}"


def line_for(written: str, part: Image, version: str) -> str:
    """Return what to write where the image's name comes from, so that it is of a version."""
    image = tagged(part, version)
    if found := IMAGE_VARIABLE.search(written):
        return f"{found[1] or found[2]}={image}"
    if found := TAG_VARIABLE.search(written):
        return f"{found[1] or found[2]}={image.rpartition(':')[2]}"
    return f"image: {without_tag(written)[0]}:{image.rpartition(':')[2]}"
